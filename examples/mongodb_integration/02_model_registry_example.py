"""Compare algorithms, register the good ones, and walk them through the model registry.

The data is scikit-learn's bundled breast cancer set: 569 tumours, 30 measurements of their cell nuclei,
benign or malignant. A missed malignant tumour is the expensive mistake, so recall decides.

1. Five algorithms are cross-validated; each leaves a run with its metrics and its model.
2. `search_runs` selects: only models above a quality bar, best recall first.
3. The best three are registered as versions of one model, with descriptions and tags.
4. They walk the stages None, Staging, Production, Archived.
5. Aliases say the same in today's words, and move without copying anything.
6. `search_model_versions` and `get_latest_versions` find versions again; stage, alias and number load models.
7. The winner is copied to a registered model of its own, as one does between environments.

Run it:  python 02_model_registry_example.py
"""

from __future__ import annotations

import os
import time
import warnings

import mlflow
import numpy as np
import pandas as pd
import sklearn
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.base import ClassifierMixin
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import StratifiedKFold, cross_validate, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

EXPERIMENT = "tumour-registry"
MODEL = "tumour-screening"
CLINIC_MODEL = "tumour-screening-clinic"

# MLflow saves scikit-learn models with skops, which loads only what it knows or we name. Trees hold this:
TRUSTED = ["sklearn.tree._tree.Tree"]
# Said here, MLflow need not start a process per model to find it out.
REQUIREMENTS = [f"scikit-learn=={sklearn.__version__}", "skops", "pandas"]

# Stages work as ever, yet MLflow recommends aliases and says so at each call. Section 5 shows them.
warnings.filterwarnings("ignore", message=".*[Mm]odel registry stages.*", category=FutureWarning)

mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI", "mongodb+embedded:genesis-flow-data"))
mlflow.set_experiment(EXPERIMENT)
client = MlflowClient()
started = int(time.time() * 1000)

# ---------------------------------------------------------------------------------------------------------
print("1. Five algorithms on 569 tumours, cross-validated five-fold")

tumours = load_breast_cancer(as_frame=True)
diagnosis = pd.Series(tumours.target_names.take(tumours.target), name="diagnosis", dtype=object)
X_train, X_test, y_train, y_test = train_test_split(
    tumours.data, diagnosis, test_size=0.25, stratify=diagnosis, random_state=3
)


def malignant_recall(model: ClassifierMixin, X: pd.DataFrame, y: pd.Series) -> float:
    """Return the share of malignant tumours that the model finds."""
    return float(recall_score(y, model.predict(X), pos_label="malignant"))


candidates = {
    "logistic-regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "support-vectors": make_pipeline(StandardScaler(), SVC(C=2.0)),
    "random-forest": RandomForestClassifier(n_estimators=80, random_state=3),
    "extra-trees": ExtraTreesClassifier(n_estimators=80, random_state=3),
    "naive-bayes": GaussianNB(),
}
folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=3)

for algorithm, classifier in candidates.items():
    with mlflow.start_run(run_name=algorithm, tags={"algorithm": algorithm}):
        scores = cross_validate(
            classifier,
            X_train,
            y_train,
            cv=folds,
            scoring={"recall": malignant_recall, "roc_auc": "roc_auc", "accuracy": "accuracy"},
        )
        for fold, recall in enumerate(scores["test_recall"]):
            mlflow.log_metric("fold_recall", recall, step=fold)
        mlflow.log_metrics(
            {
                "recall": scores["test_recall"].mean(),
                "recall_worst_fold": scores["test_recall"].min(),
                "roc_auc": scores["test_roc_auc"].mean(),
                "accuracy": scores["test_accuracy"].mean(),
                "fit_seconds": scores["fit_time"].mean(),
            }
        )
        mlflow.log_params({"algorithm": algorithm, "folds": folds.n_splits, "rows": len(X_train)})
        classifier.fit(X_train, y_train)
        mlflow.sklearn.log_model(
            classifier,
            name="model",
            signature=infer_signature(X_test, classifier.predict(X_test)),
            input_example=X_test.head(2),
            skops_trusted_types=TRUSTED,
            pip_requirements=REQUIREMENTS,
        )
        print(f"   {algorithm}: finds {scores['test_recall'].mean():.1%} of the malignant tumours")

# ---------------------------------------------------------------------------------------------------------
print("2. Selection: ROC AUC above 0.985, best recall first")

qualified = mlflow.search_runs(
    experiment_names=[EXPERIMENT],
    filter_string=f"metrics.roc_auc > 0.985 and attributes.status = 'FINISHED' "
    f"and attributes.start_time >= {started}",
    order_by=["metrics.recall DESC", "metrics.roc_auc DESC"],
    max_results=3,
)
for place, algorithm in enumerate(qualified["tags.algorithm"], start=1):
    print(f"   {place}. {algorithm}")

# ---------------------------------------------------------------------------------------------------------
print("3. Registration: one model, three versions, each described")

if not client.search_registered_models(filter_string=f"name = '{MODEL}'"):
    client.create_registered_model(
        MODEL,
        tags={"task": "classification", "owner": "screening-team"},
        description="Tells malignant from benign tumours by 30 measurements of their cell nuclei.",
    )

versions = []
for _, run in qualified.iterrows():
    version = mlflow.register_model(
        f"runs:/{run.run_id}/model", MODEL, tags={"algorithm": run["tags.algorithm"]}
    )
    client.update_model_version(
        MODEL,
        version.version,
        description=f"{run['tags.algorithm']}: recall {run['metrics.recall']:.3f}, "
        f"ROC AUC {run['metrics.roc_auc']:.3f} over {folds.n_splits} folds.",
    )
    client.set_model_version_tag(MODEL, version.version, "recall", f"{run['metrics.recall']:.4f}")
    versions.append(version.version)
    print(f"   version {version.version}: {client.get_model_version(MODEL, version.version).description}")
best, second, third = versions

# ---------------------------------------------------------------------------------------------------------
print("4. Stages: the second best serves first, then the best replaces it")


def move(version: str, stage: str, *, replace: bool = False) -> None:
    """Bring a version to a stage; with `replace`, archive the versions that are there."""
    before = client.get_model_version(MODEL, version).current_stage
    after = client.transition_model_version_stage(MODEL, version, stage, archive_existing_versions=replace)
    print(f"   version {version}: {before} -> {after.current_stage}")


move(second, "Staging")
move(second, "Production", replace=True)
move(best, "Staging")
move(best, "Production", replace=True)
print(f"   version {second}: Production -> {client.get_model_version(MODEL, second).current_stage}, by that")
move(third, "Staging", replace=True)

# ---------------------------------------------------------------------------------------------------------
print("5. Aliases: names that move")

client.set_registered_model_alias(MODEL, "champion", second)
client.set_registered_model_alias(MODEL, "candidate", best)
client.set_registered_model_alias(MODEL, "champion", best)
client.set_registered_model_alias(MODEL, "previous", second)
client.delete_registered_model_alias(MODEL, "candidate")
for alias, number in sorted(client.get_registered_model(MODEL).aliases.items()):
    print(f"   {alias} -> version {number}")

# ---------------------------------------------------------------------------------------------------------
print("6. Finding and loading: by tag, by stage, by alias, by number")

same_kind = client.search_model_versions(
    f"name = '{MODEL}' and tags.algorithm = '{client.get_model_version(MODEL, best).tags['algorithm']}'"
)
print(f"   versions of the winning algorithm: {sorted(int(found.version) for found in same_kind)}")
for stage in ("Staging", "Production", "Archived"):
    [latest] = client.get_latest_versions(MODEL, stages=[stage])
    print(f"   latest in {stage}: version {latest.version}")

addresses = [f"models:/{MODEL}/Production", f"models:/{MODEL}@champion", f"models:/{MODEL}/{best}"]
answers = [mlflow.sklearn.load_model(address).predict(X_test) for address in addresses]
if not all(np.array_equal(answers[0], answer) for answer in answers):
    message = "The same version, loaded by three names, gives different answers."
    raise RuntimeError(message)
recall = recall_score(y_test, answers[0], pos_label="malignant")
client.set_model_version_tag(MODEL, best, "held_out_recall", f"{recall:.4f}")
print(f"   three addresses, one model: finds {recall:.1%} of the malignant tumours it has never seen")

# ---------------------------------------------------------------------------------------------------------
print("7. Promotion to another environment: a copy that remembers where it came from")

copied = client.copy_model_version(f"models:/{MODEL}@champion", CLINIC_MODEL)
client.set_registered_model_alias(CLINIC_MODEL, "live", copied.version)
client.update_registered_model(CLINIC_MODEL, description="What the clinic runs. Filled by promotion only.")
print(f"   {CLINIC_MODEL} version {copied.version}, copied from {copied.source}")

# ---------------------------------------------------------------------------------------------------------
print("\nThe registry, read back from the database")

table = pd.DataFrame(
    {
        "model": version.name,
        "version": version.version,
        "stage": version.current_stage,
        "aliases": ", ".join(client.get_model_version(version.name, version.version).aliases),
        "algorithm": version.tags.get("algorithm", "-"),
        "recall": version.tags.get("recall", "-"),
    }
    for name in (MODEL, CLINIC_MODEL)
    for version in sorted(client.search_model_versions(f"name = '{name}'"), key=lambda v: int(v.version))
)
print(table.to_string(index=False))
