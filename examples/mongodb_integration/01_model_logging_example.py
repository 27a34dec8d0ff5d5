"""Log scikit-learn models, then run an A/B comparison between two of them.

The data is scikit-learn's bundled wine set: 178 Italian wines of three cultivars. Of its 13 measurements we
take the five that a cellar can make itself, so that the question stays hard enough to compare models.

1. The data becomes two tracked datasets, one for training and one for evaluation.
2. Four classifiers are trained. Each run keeps parameters, a learning curve, metrics, the model with its
   signature and an input example, and a link from the model to the dataset it was judged on.
3. A custom PyFunc puts a preprocessing pipeline in front of a model, so that it takes raw laboratory sheets.
4. The plain model and the best of the others become versions of one registered model, `champion` and
   `challenger`. Both are loaded back by alias and asked about the same wines; the better one gets the title.

Run it:  python 01_model_logging_example.py
"""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import sklearn
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import learning_curve, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

EXPERIMENT = "wine-models"
MODEL = "wine-cultivar"
MEASUREMENTS = ["alcohol", "malic_acid", "ash", "color_intensity", "hue"]
SOURCE = "https://archive.ics.uci.edu/dataset/109/wine"

# MLflow saves scikit-learn models with skops, which loads only what it knows or we name: these two are in
# trees and imputers.
TRUSTED = ["sklearn.tree._tree.Tree", "numpy.dtype"]
# Said here, MLflow need not start a process per model to find it out.
REQUIREMENTS = [f"scikit-learn=={sklearn.__version__}", "skops", "pandas"]

mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI", "mongodb+embedded:genesis-flow-data"))
mlflow.set_experiment(EXPERIMENT)
client = MlflowClient()
started = int(time.time() * 1000)

# ---------------------------------------------------------------------------------------------------------
print("1. Data: 178 wines, split and tracked as datasets")

wine = load_wine(as_frame=True)
cultivar = pd.Series(wine.target_names.take(wine.target), name="cultivar", dtype=object)
X_train, X_test, y_train, y_test = train_test_split(
    wine.data[MEASUREMENTS], cultivar, test_size=0.4, stratify=cultivar, random_state=7
)

training_data = mlflow.data.from_pandas(
    X_train.assign(cultivar=y_train), source=SOURCE, name="wine-train", targets="cultivar"
)
evaluation_data = mlflow.data.from_pandas(
    X_test.assign(cultivar=y_test), source=SOURCE, name="wine-test", targets="cultivar"
)
for dataset in (training_data, evaluation_data):
    print(f"   {dataset.name}: {dataset.profile['num_rows']} rows, digest {dataset.digest}")

# ---------------------------------------------------------------------------------------------------------
print("2. Models: four classifiers, each with signature, input example and learning curve")

classifiers = {
    "logistic-regression": make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=500)),
    "decision-tree": DecisionTreeClassifier(max_depth=3, random_state=7),
    "random-forest": RandomForestClassifier(n_estimators=60, max_depth=6, random_state=7),
    "naive-bayes": GaussianNB(),
}
model_uris = {}

for name, classifier in classifiers.items():
    with mlflow.start_run(run_name=name, tags={"family": "classifier", "algorithm": name}):
        mlflow.log_input(training_data, context="training")
        mlflow.log_input(evaluation_data, context="evaluation")
        mlflow.log_params(
            {
                key: value
                for key, value in classifier.get_params().items()
                if isinstance(value, bool | int | float | str)
            }
        )

        sizes, _, held_out = learning_curve(
            classifier, X_train, y_train, train_sizes=[0.2, 0.4, 0.6, 0.8, 1.0], cv=4
        )
        for size, scores in zip(sizes, held_out, strict=True):
            mlflow.log_metric("cv_accuracy", scores.mean(), step=int(size))

        classifier.fit(X_train, y_train)
        logged = mlflow.sklearn.log_model(
            classifier,
            name=name,
            signature=infer_signature(X_test, classifier.predict(X_test)),
            input_example=X_test.head(3),
            skops_trusted_types=TRUSTED,
            pip_requirements=REQUIREMENTS,
        )
        model_uris[name] = logged.model_uri

        predicted = classifier.predict(X_test)
        mlflow.log_metrics(
            {
                "accuracy": accuracy_score(y_test, predicted),
                "f1_macro": f1_score(y_test, predicted, average="macro"),
                "log_loss": log_loss(y_test, classifier.predict_proba(X_test)),
            },
            model_id=logged.model_id,
            dataset=evaluation_data,
        )
        print(f"   {name}: accuracy {accuracy_score(y_test, predicted):.3f}")

# ---------------------------------------------------------------------------------------------------------
print("3. Custom PyFunc: preprocessing and model behind one predict()")


class WineGrader(mlflow.pyfunc.PythonModel):
    """Grades raw laboratory sheets: clips impossible readings, fills gaps, names the cultivar.

    Answers one row per wine, with the cultivar and its probability. Below the probability that the caller
    asks for (parameter `sure_from`), the answer is "unsure".
    """

    def __init__(self, lowest: pd.Series, highest: pd.Series) -> None:
        """Keep the range of each measurement, as training saw it."""
        self.lowest, self.highest = lowest, highest

    def load_context(self, context: Any) -> None:
        """Load the fitted pipeline that was logged next to this class."""
        self.pipeline = mlflow.sklearn.load_model(context.artifacts["pipeline"])

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return `cultivar` and `probability` for each row of measurements."""
        readings = model_input[self.lowest.index].clip(self.lowest, self.highest, axis="columns")
        probabilities = self.pipeline.predict_proba(readings)
        best = probabilities.max(axis=1)
        labels = self.pipeline.classes_[probabilities.argmax(axis=1)].astype(object)
        labels[best < (params or {}).get("sure_from", 0.0)] = "unsure"
        return pd.DataFrame({"cultivar": labels, "probability": best}, index=model_input.index)


pipeline = make_pipeline(
    SimpleImputer(strategy="median"), RobustScaler(), LogisticRegression(C=0.5, max_iter=500)
)
pipeline.fit(X_train, y_train)

# What a laboratory really sends: one cell in ten is empty, and one instrument lost its decimal point.
noise = np.random.default_rng(7)
raw_sheets = X_test.mask(noise.random(X_test.shape) < 0.1)
raw_sheets.iloc[:5, raw_sheets.columns.get_loc("alcohol")] *= 100

with (
    tempfile.TemporaryDirectory() as scratch,
    mlflow.start_run(run_name="wine-grader-pyfunc", tags={"family": "pyfunc"}),
):
    mlflow.log_input(evaluation_data, context="evaluation")
    mlflow.sklearn.save_model(
        pipeline, f"{scratch}/pipeline", skops_trusted_types=TRUSTED, pip_requirements=REQUIREMENTS
    )
    example_answer = pd.DataFrame({"cultivar": ["class_0"], "probability": [0.9]})
    grader = mlflow.pyfunc.log_model(
        name="wine-grader",
        python_model=WineGrader(X_train.min(), X_train.max()),
        artifacts={"pipeline": f"{scratch}/pipeline"},
        signature=infer_signature(raw_sheets, example_answer, params={"sure_from": 0.0}),
        input_example=(raw_sheets.head(3), {"sure_from": 0.0}),
        pip_requirements=REQUIREMENTS,
    )

    loaded_grader = mlflow.pyfunc.load_model(grader.model_uri)
    graded = loaded_grader.predict(raw_sheets)
    careful = loaded_grader.predict(raw_sheets, params={"sure_from": 0.8})
    sure = careful["cultivar"] != "unsure"
    mlflow.log_metrics(
        {
            "accuracy": accuracy_score(y_test, graded["cultivar"]),
            "accuracy_when_sure": accuracy_score(y_test[sure], careful["cultivar"][sure]),
            "share_sure": sure.mean(),
        },
        model_id=grader.model_id,
        dataset=evaluation_data,
    )
    print(
        f"   on sheets with gaps: accuracy {accuracy_score(y_test, graded['cultivar']):.3f};"
        f" {sure.mean():.0%} of the answers are surer than 80 %"
    )

# ---------------------------------------------------------------------------------------------------------
print("4. A/B: two versions of one registered model, loaded back by alias")

rivals = mlflow.search_runs(
    experiment_names=[EXPERIMENT],
    filter_string=f"attributes.start_time >= {started} and tags.family = 'classifier'",
    order_by=["metrics.log_loss ASC"],
)["tags.algorithm"]
contest = {"champion": "logistic-regression"}
contest["challenger"] = next(name for name in rivals if name != contest["champion"])

for alias, algorithm in contest.items():
    version = mlflow.register_model(model_uris[algorithm], MODEL, tags={"algorithm": algorithm})
    client.update_model_version(
        MODEL, version.version, f"Names the cultivar by {algorithm}; began as {alias}."
    )
    client.set_registered_model_alias(MODEL, alias, version.version)
    print(f"   version {version.version} ({algorithm}) is the {alias}")

with mlflow.start_run(run_name="a-b-comparison", tags={"family": "comparison"}):
    answers, scores = pd.DataFrame({"truth": y_test}), {}
    for alias in contest:
        answers[alias] = mlflow.pyfunc.load_model(f"models:/{MODEL}@{alias}").predict(X_test)
        scores[alias] = accuracy_score(y_test, answers[alias])
        mlflow.log_metric(f"{alias}_accuracy", scores[alias])
    disagreements = answers[answers["champion"] != answers["challenger"]]
    mlflow.log_metric("agreement", 1 - len(disagreements) / len(answers))
    mlflow.log_table(disagreements.reset_index(names="wine"), "disagreements.json")

    if scores["challenger"] > scores["champion"]:
        old, new = (client.get_model_version_by_alias(MODEL, alias) for alias in contest)
        client.set_registered_model_alias(MODEL, "champion", new.version)
        client.set_registered_model_alias(MODEL, "challenger", old.version)
    winner = client.get_model_version_by_alias(MODEL, "champion")
    client.set_model_version_tag(MODEL, winner.version, "a_b", "won")
    mlflow.set_tag("winner", f"{MODEL} version {winner.version}")
    print(f"   they agree on {len(answers) - len(disagreements)} of {len(answers)} wines")
    print(f"   champion {scores['champion']:.3f}, challenger {scores['challenger']:.3f}:", end=" ")
    print(f"version {winner.version} ({winner.tags['algorithm']}) wins")

# ---------------------------------------------------------------------------------------------------------
print("\nThe runs, read back from the database")

runs = mlflow.search_runs(
    experiment_names=[EXPERIMENT],
    filter_string=f"attributes.start_time >= {started}",
    order_by=["attributes.start_time ASC"],
)
table = runs[["tags.mlflow.runName", "status", "metrics.accuracy", "metrics.f1_macro", "metrics.log_loss"]]
table.columns = ["run", "status", "accuracy", "f1_macro", "log_loss"]
print(table.to_string(index=False, na_rep="-", float_format="{:.3f}".format))
