"""MLflow's own SQL stores as the witness: what they answer is what a store should answer.

They live on a sqlite file that is emptied by copying a pristine one over it, in milliseconds; creating its
schema takes seconds and happens once.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import sqlalchemy.event
from mlflow.store.model_registry import sqlalchemy_store as sql_registry
from mlflow.store.tracking import sqlalchemy_store as sql_tracking
from mlflow.store.tracking.dbmodels.models import SqlExperiment

from genesis_flow.testing.clock import hand_clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryBase

    from genesis_flow.testing.contract import TrackingStore as TrackingBase


@dataclass(frozen=True)
class Stores:
    """A tracking store and the registry beside it, on the same data."""

    tracking: TrackingBase
    registry: RegistryBase


class _SqlRegistry(sql_registry.SqlAlchemyStore):
    """MLflow's SQL registry, except that it looks for runs and logged models in the store beside it.

    MLflow's own asks the tracking URI that is set for the whole process, which here belongs to the candidate.
    """

    def __init__(self, uri: str, tracking: TrackingBase) -> None:
        super().__init__(uri)  # type: ignore[no-untyped-call]  # MLflow's
        self._tracking = tracking

    def create_model_version(self, *args: Any, **kwargs: Any) -> Any:
        with mock.patch.object(sql_registry, "MlflowClient", return_value=self._tracking):
            return super().create_model_version(*args, **kwargs)

    def link_prompt_version_to_run(self, *args: Any, **kwargs: Any) -> None:
        with mock.patch("mlflow.tracking._get_store", return_value=self._tracking):
            super().link_prompt_version_to_run(*args, **kwargs)

    def link_prompt_version_to_model(self, *args: Any, **kwargs: Any) -> None:
        with mock.patch("mlflow.tracking._get_store", return_value=self._tracking):
            super().link_prompt_version_to_model(*args, **kwargs)


class SqlStores:
    """MLflow's SQL stores on a sqlite file of their own.

    Attributes:
        stores: The pair; it stays the same object when the file is emptied.
    """

    def __init__(self, directory: Path, artifact_root: str) -> None:
        self._file, self._pristine = directory / "oracle.db", directory / "pristine.db"
        uri = f"sqlite:///{self._file}"
        with hand_clock():  # experiment 0 is as old as any other witness's
            tracking: Any = sql_tracking.SqlAlchemyStore(uri, artifact_root)
        registry = _SqlRegistry(uri, tracking)
        self.stores = Stores(tracking, registry)
        self._engines = [tracking.engine, registry.engine]
        self.close()
        shutil.copyfile(self._file, self._pristine)
        for engine in self._engines:
            sqlalchemy.event.listen(engine, "connect", _do_not_wait_for_the_disk)

    def empty(self) -> None:
        """Forget everything but experiment 0."""
        self.close()
        shutil.copyfile(self._pristine, self._file)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        for engine in self._engines:
            engine.dispose()


def _do_not_wait_for_the_disk(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@dataclass(frozen=True)
class Loan:
    """What a store chose by chance in one call; the witness is made to choose the same.

    So both stores hold the same ids and names, and answers, orders and messages can be compared as they are.
    """

    uuid: str | None = None
    name: str | None = None
    experiment_id: str | None = None


def loan_of(operation: str, answer: Any) -> Loan:
    """Return what a candidate chose by chance when it gave this answer."""
    match operation:
        case "create_experiment":
            return Loan(experiment_id=answer)
        case "create_run":
            return Loan(uuid=answer.info.run_id, name=answer.info.run_name)
        case "create_logged_model":
            return Loan(uuid=answer.model_id.removeprefix("m-"), name=answer.name)
    return Loan()


@contextmanager
def borrowed(loan: Loan) -> Iterator[None]:
    """Let the witness choose what is in the loan, for one call."""
    with ExitStack() as patches:
        if loan.uuid is not None:
            lender = mock.Mock(wraps=sql_tracking.uuid)
            lender.uuid4.side_effect = _once(_LentUuid(loan.uuid), sql_tracking.uuid.uuid4)
            patches.enter_context(mock.patch.object(sql_tracking, "uuid", lender))
        if loan.name is not None:
            patches.enter_context(
                mock.patch.object(sql_tracking, "_generate_random_name", return_value=loan.name)
            )
        if loan.experiment_id is not None:
            patches.enter_context(_numbered(int(loan.experiment_id)))
        yield


class _LentUuid(str):
    __slots__ = ()

    @property
    def hex(self) -> str:
        return str(self)


def _once(first: Any, then: Any) -> Any:
    remaining = [first]
    return lambda: remaining.pop() if remaining else then()


@contextmanager
def _numbered(experiment_id: int) -> Iterator[None]:
    def choose(_mapper: Any, _connection: Any, experiment: Any) -> None:
        experiment.experiment_id = experiment_id

    sqlalchemy.event.listen(SqlExperiment, "before_insert", choose)
    try:
        yield
    finally:
        sqlalchemy.event.remove(SqlExperiment, "before_insert", choose)
