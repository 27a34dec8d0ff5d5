"""The whole life of a model, in seven stages, from raw data to the alarm that takes it out of service.

The data is scikit-learn's bundled diabetes set: 442 patients, ten measurements, and how far the disease has
come a year later. A clinic trains on the patients it knows, all with a body mass index below 28. Weeks later
a second clinic begins to send heavier patients. Nobody tells the model: monitoring has to find out.

1. Ingestion: the patients are read and tracked as datasets.
2. Validation and feature engineering: checks that can stop the workflow, two new features.
3. Tuning: GridSearchCV over four families, one nested run per candidate.
4. Selection and validation: the best model is searched for, and must pass three gates.
5. Registration and promotion: it replaces the model in production.
6. Simulated deployment: a batch is scored through a `models:/` address, a malformed one is refused.
7. Monitoring: drift and error week by week; an alert; and the decision whether to roll back.

Run it:  python 04_complete_mlflow_workflow.py
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import mlflow
import pandas as pd
import sklearn
from mlflow import MlflowClient
from mlflow.entities import LoggedModel
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from scipy.stats import ks_2samp
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

EXPERIMENT = "diabetes-workflow"
MODEL = "diabetes-progression"
SOURCE = "https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html"
TARGET = "progression"
SEED = 0

# MLflow saves scikit-learn models with skops, which loads only what it knows or we name. Trees hold this:
TRUSTED = ["sklearn.tree._tree.Tree"]
# Said here, MLflow need not start a process per model to find it out.
REQUIREMENTS = [f"scikit-learn=={sklearn.__version__}", "skops", "pandas"]

FAMILIES = {
    "plain": (make_pipeline(StandardScaler(), Ridge()), {}),
    "ridge": (make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [1, 10, 100]}),
    "kernel": (
        make_pipeline(StandardScaler(), SVR()),
        {"svr__C": [10, 30, 100], "svr__gamma": [0.01, 0.03, 0.1]},
    ),
    "boosting": (
        GradientBoostingRegressor(random_state=SEED),
        {"n_estimators": [40, 80], "max_depth": [1, 2]},
    ),
}
GATES = {  # what a new model must reach before it may replace the one that serves
    "error_vs_serving": 0.97,  # at most this share of the serving model's mean absolute error
    "r2": 0.2,  # at least
    "worst_group": 1.25,  # the worse served sex has at most this multiple of the overall error
}
PLAUSIBLE = {"age": (18, 100), "bmi": (10, 60), "bp": (40, 200), "s1": (50, 500), TARGET: (1, 500)}
SURENESS = 0.01  # chance of a false drift alarm per week, shared among the features
ROLL_BACK_AT = 1.1  # error of the live model, as a multiple of its predecessor's

# Stages work as ever, yet MLflow recommends aliases and says so at each call.
warnings.filterwarnings("ignore", message=".*[Mm]odel registry stages.*", category=FutureWarning)

mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI", "mongodb+embedded:genesis-flow-data"))
client = MlflowClient()


@contextmanager
def stage(number: int, title: str) -> Iterator[None]:
    """Open the run of one stage, below the run of the workflow."""
    print(f"\n{number}. {title}")
    with mlflow.start_run(run_name=f"{number} {title}", nested=True, tags={"stage": str(number)}):
        yield


def ingest() -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Return the patients that the clinic knows, and the weeks of patients that are still to come."""
    with stage(1, "Ingestion"):
        patients = load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": TARGET})
        usual, heavier = patients[patients["bmi"] < 28], patients[patients["bmi"] >= 28]
        known, to_come = train_test_split(usual, test_size=90, random_state=SEED)
        stream = pd.concat([to_come, heavier.sample(frac=1, random_state=SEED)])
        weeks = [stream.iloc[start : start + 30] for start in range(0, len(stream), 30)]

        mlflow.log_input(mlflow.data.from_pandas(patients, source=SOURCE, name="all-patients"), "ingestion")
        mlflow.log_input(mlflow.data.from_pandas(known, source=SOURCE, name="known-patients"), "training")
        mlflow.log_metrics({"patients": len(patients), "known": len(known), "weeks_to_come": len(weeks)})
        print(f"   {len(known)} patients are known, {len(stream)} will come in {len(weeks)} weeks")
        return known, weeks


def with_features(patients: pd.DataFrame) -> pd.DataFrame:
    """Add what physicians look at: the share of the bad cholesterol, and the load on the heart."""
    return patients.assign(
        ldl_share=patients["s2"] / patients["s1"], heart_load=patients["bmi"] * patients["bp"]
    )


def check_and_engineer(known: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a training and a validation part, with features.

    Raises:
        ValueError: the data is not fit for use.
    """
    with stage(2, "Validation and feature engineering"):
        checks = {
            "nothing_missing": not known.isna().any().any(),
            "no_duplicates": not known.duplicated().any(),
            "enough_rows": len(known) >= 200,
            **{f"plausible_{name}": known[name].between(*limits).all() for name, limits in PLAUSIBLE.items()},
        }
        mlflow.log_metrics({f"check_{name}": float(passed) for name, passed in checks.items()})
        failed = sorted(name for name, passed in checks.items() if not passed)
        if failed:
            message = f"The data is not fit for training; failed checks: {', '.join(failed)}."
            raise ValueError(message)

        training, validation = train_test_split(with_features(known), test_size=0.3, random_state=SEED)
        mlflow.log_params({"features": ", ".join(training.columns.drop(TARGET)), "split": "70:30"})
        mlflow.log_table(training.describe().reset_index(names="statistic"), "training-summary.json")
        print(f"   {len(checks)} checks passed; {len(training)} patients train, {len(validation)} validate")
        return training, validation


def tune(training: pd.DataFrame, workflow: str) -> None:
    """Search each family's grid; log a run per candidate and, per family, the best model."""
    X, y = training.drop(columns=TARGET), training[TARGET]
    with stage(3, "Tuning"):
        for family, (estimator, grid) in FAMILIES.items():
            with mlflow.start_run(run_name=family, nested=True):
                search = GridSearchCV(estimator, grid, cv=5, scoring="neg_mean_absolute_error").fit(X, y)
                for params, errors in candidates(search):
                    name = " ".join(f"{key.split('__')[-1]}={value}" for key, value in params.items())
                    with mlflow.start_run(run_name=f"{family} {name or 'defaults'}", nested=True):
                        mlflow.log_params({"family": family, **params})
                        for fold, error in enumerate(errors):
                            mlflow.log_metric("fold_error", error, step=fold)
                        mlflow.log_metric("cv_error", sum(errors) / len(errors))
                mlflow.log_params(search.best_params_)
                model = mlflow.sklearn.log_model(
                    search.best_estimator_,
                    name=family,
                    tags={"workflow": workflow},
                    signature=infer_signature(X, search.predict(X)),
                    input_example=X.head(2),
                    skops_trusted_types=TRUSTED,
                    pip_requirements=REQUIREMENTS,
                )
                mlflow.log_metric("cv_error", -search.best_score_, model_id=model.model_id)
                tried = len(search.cv_results_["params"])
                print(f"   {family}: {tried} candidates, best error {-search.best_score_:.1f}")


def candidates(search: GridSearchCV) -> Iterator[tuple[dict[str, float], list[float]]]:
    """Yield each candidate's parameters and its mean absolute error in each fold."""
    results = search.cv_results_
    for index, params in enumerate(results["params"]):
        yield params, [-results[f"split{fold}_test_score"][index] for fold in range(search.n_splits_)]


def models_of(workflow: str) -> list[LoggedModel]:
    """Find the models that the workflow logged, smallest cross-validated error first."""
    return mlflow.search_logged_models(
        experiment_ids=[client.get_experiment_by_name(EXPERIMENT).experiment_id],
        filter_string=f"tags.workflow = '{workflow}'",
        order_by=[{"field_name": "metrics.cv_error", "ascending": True}],
        output_format="list",
    )


def ensure_one_serves(workflow: str) -> None:
    """See to it that production has a model: at the very first time, the plain one."""
    if client.search_registered_models(filter_string=f"name = '{MODEL}'"):
        return
    client.create_registered_model(
        MODEL, description="How far diabetes will have come in a year, from ten measurements."
    )
    [plain] = [model for model in models_of(workflow) if model.name == "plain"]
    promote(mlflow.register_model(plain.model_uri, MODEL).version, "The plain model we began with.")


def promote(version: str, description: str) -> None:
    """Make a version the champion in production; the one before it is archived, and remembered."""
    before = client.get_registered_model(MODEL).aliases.get("champion")
    client.update_model_version(MODEL, version, description)
    client.transition_model_version_stage(MODEL, version, "Production", archive_existing_versions=True)
    client.set_registered_model_alias(MODEL, "champion", version)
    if before:
        client.set_registered_model_alias(MODEL, "previous", before)


def predict(address: str, patients: pd.DataFrame) -> pd.Series:
    """Score patients with the model at a `models:/` address."""
    rows = with_features(patients).drop(columns=TARGET)
    return pd.Series(mlflow.pyfunc.load_model(address).predict(rows), index=patients.index)


def error_of(address: str, patients: pd.DataFrame) -> float:
    """Return the mean absolute error of the model at a `models:/` address."""
    return float(mean_absolute_error(patients[TARGET], predict(address, patients)))


def select(validation: pd.DataFrame, workflow: str) -> LoggedModel | None:
    """Return the best model of the workflow, or None when it fails a gate."""
    with stage(4, "Selection and validation"):
        ensure_one_serves(workflow)
        best = models_of(workflow)[0]
        predicted = predict(best.model_uri, validation)
        errors = (predicted - validation[TARGET]).abs()
        measured = {
            "error_vs_serving": errors.mean() / error_of(f"models:/{MODEL}@champion", validation),
            "r2": r2_score(validation[TARGET], predicted),
            "worst_group": errors.groupby(validation["sex"]).mean().max() / errors.mean(),
        }
        passed = {
            name: value >= GATES[name] if name == "r2" else value <= GATES[name]
            for name, value in measured.items()
        }
        mlflow.log_params({f"gate_{name}": limit for name, limit in GATES.items()})
        mlflow.log_metrics({"error": errors.mean(), **measured}, model_id=best.model_id)
        mlflow.set_tags({"selected": best.name, "verdict": "passed" if all(passed.values()) else "refused"})
        print(f"   best by cross-validation: {best.name}")
        for name, value in measured.items():
            print(f"   {name} {value:.2f}, gate {GATES[name]}: {'passed' if passed[name] else 'FAILED'}")
        return best if all(passed.values()) else None


def register(best: LoggedModel, workflow: str) -> None:
    """Give the selected model a version, and production to that version."""
    with stage(5, "Registration and promotion"):
        version = mlflow.register_model(
            best.model_uri, MODEL, tags={"family": best.name, "workflow": workflow}
        ).version
        client.transition_model_version_stage(MODEL, version, "Staging")
        promote(version, f"Tuned {best.name} model; passed all of {', '.join(GATES)}.")
        mlflow.log_param("version", version)
        for alias, number in sorted(client.get_registered_model(MODEL).aliases.items()):
            print(f"   {alias}: version {number}, {client.get_model_version(MODEL, number).current_stage}")


def deploy(batch: pd.DataFrame) -> None:
    """Score one batch as a nightly job would, and send a malformed request."""
    with stage(6, "Simulated deployment"):
        started = time.perf_counter()
        scored = batch.assign(predicted=predict(f"models:/{MODEL}@champion", batch).round(1))
        mlflow.log_metric("seconds", time.perf_counter() - started)
        mlflow.log_text(scored.to_csv(index=False), "scored.csv")

        service = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
        try:
            service.predict(with_features(batch).drop(columns=[TARGET, "bmi"]))
            refused = False
        except MlflowException:
            refused = True
        mlflow.log_metric("malformed_refused", float(refused))
        print(f"   {len(scored)} patients scored; a request without the column bmi was", end=" ")
        print("refused" if refused else "ACCEPTED")


def drifted_features(reference: pd.DataFrame, batch: pd.DataFrame, week: int) -> dict[str, float]:
    """Log each feature's Kolmogorov-Smirnov distance; return those that chance does not explain."""
    names = [name for name in reference.columns.drop(TARGET) if name != "sex"]
    tests = {name: ks_2samp(reference[name], batch[name]) for name in names}
    mlflow.log_metrics({f"ks_{name}": float(test.statistic) for name, test in tests.items()}, step=week)
    return {
        name: round(float(test.statistic), 3)
        for name, test in tests.items()
        if test.pvalue < SURENESS / len(names)
    }


def roll_back(to: str, reason: str) -> None:
    """Take the champion out of service and give its place back to version `to`."""
    failed = client.get_model_version_by_alias(MODEL, "champion").version
    client.set_model_version_tag(MODEL, failed, "rolled_back", reason)
    client.transition_model_version_stage(MODEL, to, "Production", archive_existing_versions=True)
    client.set_registered_model_alias(MODEL, "champion", to)
    client.delete_registered_model_alias(MODEL, "previous")


def monitor(reference: pd.DataFrame, weeks: list[pd.DataFrame]) -> None:
    """Watch the champion week by week; alert on drift, roll back when its predecessor does better."""
    diary = []
    with stage(7, "Monitoring"):
        fallback = client.get_model_version_by_alias(MODEL, "previous").version
        for week, batch in enumerate(weeks, start=1):
            champion = client.get_model_version_by_alias(MODEL, "champion").version
            error = error_of(f"models:/{MODEL}@champion", batch)
            fallback_error = error_of(f"models:/{MODEL}/{fallback}", batch)
            drifted = drifted_features(reference, with_features(batch), week)
            mlflow.log_metrics(
                {
                    "live_version": int(champion),
                    "error_live": error,
                    "error_fallback": fallback_error,
                    "drifted_features": len(drifted),
                },
                step=week,
            )
            action = "-"
            if drifted:
                action = "alert"
                finding = {"week": week, "drifted": drifted, "error": error, "fallback_error": fallback_error}
                mlflow.set_tag("alert", f"drift, last in week {week}")
                mlflow.log_dict(finding, f"alerts/week-{week}.json")
                if error > ROLL_BACK_AT * fallback_error:
                    action = f"alert, back to version {fallback}"
                    reason = f"week {week}: error {error:.1f}, version {fallback} has {fallback_error:.1f}"
                    roll_back(fallback, reason)
                    mlflow.set_tag("rolled_back", reason)
            diary.append(
                {
                    "week": week,
                    "live version": champion,
                    "error": error,
                    "fallback's error": fallback_error,
                    "drifted": ", ".join(drifted) or "-",
                    "action": action,
                }
            )
        table = pd.DataFrame(diary)
        mlflow.log_table(table, "diary.json")
        print(table.to_string(index=False, float_format="{:.1f}".format))


def main() -> None:
    """Go through the seven stages below one run, then show what the database kept of them."""
    mlflow.set_experiment(EXPERIMENT)
    with mlflow.start_run(run_name="workflow") as run:
        workflow = run.info.run_id
        known, weeks = ingest()
        training, validation = check_and_engineer(known)
        tune(training, workflow)
        best = select(validation, workflow)
        if best is None:
            mlflow.set_tag("outcome", "refused at a gate")
            print("\nThe best model failed a gate. Production keeps what it has.")
            return
        register(best, workflow)
        deploy(weeks[0])
        monitor(training, weeks)
        champion = client.get_model_version_by_alias(MODEL, "champion")
        mlflow.set_tag("outcome", f"version {champion.version} serves")

    print("\nThe stages, read back from the database")
    stages = mlflow.search_runs(
        experiment_names=[EXPERIMENT],
        filter_string=f"tags.`mlflow.parentRunId` = '{workflow}'",
        order_by=["tags.stage ASC"],
    )
    table = pd.DataFrame(
        {
            "stage": stages["tags.mlflow.runName"],
            "status": stages["status"],
            "seconds": (stages["end_time"] - stages["start_time"]).dt.total_seconds().round(1),
            "metrics": [len(client.get_run(run_id).data.metrics) for run_id in stages["run_id"]],
            "alert": stages["tags.alert"].fillna("-"),
        }
    )
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
