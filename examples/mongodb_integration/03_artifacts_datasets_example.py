"""Keep every kind of artifact beside its run, and prove by reading back that it arrived whole.

The data: scikit-learn's bundled digits (1,797 handwritten digits of 8 x 8 pixels) and its diabetes set
(442 patients).

1. Datasets: digits as numpy arrays, patients as a table; both are tracked as inputs of the run.
2. A model configuration is logged as JSON and YAML, and the classifier is built from it.
3. CSV, JSON, text and table artifacts of what the classifier answers.
4. Plots: a confusion matrix, a correlation heat map, a grid of misread digits.
5. Code and notebook: the script that ran, and a notebook that opens this very run.
6. Everything is downloaded from a fresh client and checked against what was logged.

Run it:  python 03_artifacts_datasets_example.py
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
import mlflow
import numpy as np
import pandas as pd
import yaml
from matplotlib.figure import Figure
from mlflow import MlflowClient
from sklearn.datasets import load_diabetes, load_digits
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

EXPERIMENT = "digits-artifacts"

mpl.use("Agg")  # draws into files, needs no screen
mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI", "mongodb+embedded:genesis-flow-data"))
mlflow.set_experiment(EXPERIMENT)


def heat_map(values: pd.DataFrame, title: str, number_format: str) -> Figure:
    """Draw a table as colours, each cell with its number."""
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(values, cmap="viridis")
    figure.colorbar(image, shrink=0.8)
    axes.set_xticks(range(len(values.columns)), values.columns, rotation=45)
    axes.set_yticks(range(len(values.index)), values.index)
    middle = values.to_numpy().mean()
    for row, column in np.ndindex(*values.shape):
        cell = values.iloc[row, column]
        colour = "black" if cell > middle else "white"
        axes.text(column, row, format(cell, number_format), ha="center", va="center", color=colour, size=8)
    axes.set_title(title)
    return figure


run = mlflow.start_run(run_name="digit-reader", tags={"purpose": "artifacts"})

# ---------------------------------------------------------------------------------------------------------
print("1. Datasets: what the run was fed with")

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.data, digits.target, test_size=0.3, stratify=digits.target, random_state=5
)
patients = load_diabetes(as_frame=True, scaled=False).frame

for dataset, context in (
    (mlflow.data.from_numpy(X_train, targets=y_train, name="digits-train"), "training"),
    (mlflow.data.from_numpy(X_test, targets=y_test, name="digits-test"), "evaluation"),
    (mlflow.data.from_pandas(patients, name="diabetes", targets="target"), "exploration"),
):
    mlflow.log_input(dataset, context=context, tags={"origin": "scikit-learn"})
    print(f"   {dataset.name} ({context}), digest {dataset.digest}")

# ---------------------------------------------------------------------------------------------------------
print("2. Model configuration: the classifier is built from what is logged")

configuration = {
    "model": "MLPClassifier",
    "parameters": {
        "hidden_layer_sizes": [48],
        "learning_rate_init": 0.005,
        "max_iter": 40,
        "early_stopping": True,
        "random_state": 5,
    },
    "preprocessing": {"divide_pixels_by": 16},
}
mlflow.log_dict(configuration, "config/model.json")
mlflow.log_dict(configuration, "config/model.yaml")
mlflow.log_params(configuration["parameters"])

classifier = MLPClassifier(**configuration["parameters"])
classifier.fit(X_train / configuration["preprocessing"]["divide_pixels_by"], y_train)
for epoch, loss in enumerate(classifier.loss_curve_):
    mlflow.log_metric("training_loss", loss, step=epoch)

# ---------------------------------------------------------------------------------------------------------
print("3. CSV, JSON, text and table")

probabilities = classifier.predict_proba(X_test / configuration["preprocessing"]["divide_pixels_by"])
answers = pd.DataFrame(
    {"truth": y_test, "answer": probabilities.argmax(axis=1), "probability": probabilities.max(axis=1)}
)
misread = answers[answers["truth"] != answers["answer"]]
report = classification_report(answers["truth"], answers["answer"], output_dict=True)
mlflow.log_metric("accuracy", accuracy_score(answers["truth"], answers["answer"]))

with tempfile.TemporaryDirectory() as scratch:
    folder = Path(scratch)
    answers.to_csv(folder / "answers.csv", index=False)
    patients.describe().to_csv(folder / "patients-summary.csv")
    mlflow.log_artifacts(scratch, "tables")
mlflow.log_dict(report, "tables/per-digit.json")
mlflow.log_table(misread, "tables/misread.json")
summary = f"The network reads {len(answers) - len(misread)} of {len(answers)} digits right.\n"
mlflow.log_text(summary, "summary.txt")

# ---------------------------------------------------------------------------------------------------------
print("4. Plots: confusion matrix, correlation heat map, misread digits")

gallery = Figure(figsize=(8, 2.4), layout="constrained")
for axes, (index, row) in zip(gallery.subplots(1, 6), misread.head(6).iterrows(), strict=False):
    axes.imshow(X_test[index].reshape(8, 8), cmap="gray_r")
    axes.set_title(f"{row.truth:.0f} read as {row.answer:.0f}", size=9)
    axes.set_axis_off()

confusion = pd.DataFrame(confusion_matrix(answers["truth"], answers["answer"]))
figures = {
    "plots/confusion.png": heat_map(confusion, "Truth (rows) and answer (columns)", "d"),
    "plots/correlation.png": heat_map(patients.corr(), "What goes with what, in 442 patients", ".2f"),
    "plots/misread.png": gallery,
}
for name, figure in figures.items():
    mlflow.log_figure(figure, name, save_kwargs={"dpi": figure.dpi})
mlflow.log_image(digits.images[0] / 16, "plots/first-digit.png")

# ---------------------------------------------------------------------------------------------------------
print("5. Code and notebook")

mlflow.log_artifact(__file__, "code")

notebook = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "cells": [
        {
            "id": "what",
            "cell_type": "markdown",
            "metadata": {},
            "source": [
                "# Misread digits\n",
                "What the network got wrong. Open it where MLFLOW_TRACKING_URI names the same database.",
            ],
        },
        {
            "id": "table",
            "cell_type": "code",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": [
                "import mlflow\n",
                f"mlflow.set_experiment('{EXPERIMENT}')\n",
                f"misread = mlflow.load_table('tables/misread.json', run_ids=['{run.info.run_id}'])\n",
                "print(misread.to_string())",
            ],
        },
    ],
}
mlflow.log_dict(notebook, "notebooks/misread.ipynb")
mlflow.end_run()

# ---------------------------------------------------------------------------------------------------------
print("6. Read back, and compared with what was logged")

kept = MlflowClient().get_run(run.info.run_id)
with tempfile.TemporaryDirectory() as scratch:
    root = Path(mlflow.artifacts.download_artifacts(kept.info.artifact_uri, dst_path=scratch))
    files = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}
    bytes_of = {name: path.read_bytes() for name, path in files.items()}

    artifacts = f"runs:/{kept.info.run_id}"
    read_table = mlflow.load_table("tables/misread.json", run_ids=[kept.info.run_id])
    read_notebook = mlflow.artifacts.load_dict(f"{artifacts}/notebooks/misread.ipynb")
    read_digit = np.asarray(mlflow.artifacts.load_image(f"{artifacts}/plots/first-digit.png"))
    read_summary = pd.read_csv(files["tables/patients-summary.csv"], index_col=0)
    script = Path(__file__)

    whole = {
        "config/model.json": json.loads(bytes_of["config/model.json"]) == configuration,
        "config/model.yaml": yaml.safe_load(bytes_of["config/model.yaml"]) == configuration,
        "tables/answers.csv": np.allclose(pd.read_csv(files["tables/answers.csv"]), answers),
        "tables/patients-summary.csv": np.allclose(read_summary, patients.describe()),
        "tables/per-digit.json": json.loads(bytes_of["tables/per-digit.json"]) == report,
        "tables/misread.json": np.allclose(read_table[misread.columns], misread),
        "summary.txt": mlflow.artifacts.load_text(f"{artifacts}/summary.txt") == summary,
        "plots/first-digit.png": np.allclose(read_digit, digits.images[0] * 255 / 16, atol=1),
        f"code/{script.name}": bytes_of[f"code/{script.name}"] == script.read_bytes(),
        "notebooks/misread.ipynb": read_notebook == notebook,
    }
    for name, figure in figures.items():
        width, height = figure.get_size_inches() * figure.dpi
        image = mlflow.artifacts.load_image(f"{artifacts}/{name}").convert("L")
        darkest, brightest = image.getextrema()
        whole[name] = image.size == (round(width), round(height)) and darkest < brightest

for each in kept.inputs.dataset_inputs:
    tags = {tag.key: tag.value for tag in each.tags}
    print(f"   dataset {each.dataset.name}: {tags['mlflow.data.context']}, from {tags['origin']}")
print(f"   training_loss: {len(MlflowClient().get_metric_history(kept.info.run_id, 'training_loss'))} points")
print(f"   accuracy: {kept.data.metrics['accuracy']:.3f}\n")

table = pd.DataFrame(
    {"artifact": name, "bytes": len(content), "read back": "same" if whole.get(name) else "DIFFERENT"}
    for name, content in bytes_of.items()
)
print(table.to_string(index=False))
if set(whole) != set(files) or not all(whole.values()):
    sys.exit("Not everything came back as it was logged.")
