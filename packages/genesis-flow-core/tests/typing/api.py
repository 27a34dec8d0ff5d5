"""User code that must type-check under `mypy --strict`; `test_facade_typing.py` runs the checker on it."""

from __future__ import annotations

import genesis_flow as mlflow
from genesis_flow import MlflowClient, MlflowException, events
from genesis_flow.events import Outcome, StoreCall
from genesis_flow.redaction import redact
from genesis_flow.settings import POOL_SIZE


class Guard:
    """A subscriber that wants to know who deletes."""

    critical = True

    def before(self, call: StoreCall) -> None:
        """Veto deletions by nobody."""
        if call.operation.startswith("delete_") and call.principal is None:
            raise MlflowException(f"Who deletes {call.ids.get('run_id')}?")

    def after(self, call: StoreCall, outcome: Outcome) -> None:
        """Print how it went."""
        print(call.operation, outcome.ok, outcome.duration)


def train() -> str:
    """Log a run, as any MLflow program does."""
    mlflow.set_experiment("typing")
    with mlflow.start_run(run_name="one") as run:
        mlflow.log_param("depth", 3)
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.sklearn.autolog()
        run_id: str = run.info.run_id
    return run_id


model = mlflow.pyfunc.load_model("models:/iris@champion")
client: MlflowClient = mlflow.MlflowClient()
connections: int = POOL_SIZE.get()
shown: str = redact("mongodb://ann:secret@db/ml")
events.subscribe(Guard())
