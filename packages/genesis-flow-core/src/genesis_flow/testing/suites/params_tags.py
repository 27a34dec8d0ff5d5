"""What a tracking store promises about params and tags of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities import Param, RunStatus, RunTag
from mlflow.models import Model

from genesis_flow.testing.expect import BAD_VALUE, MISSING, refused
from genesis_flow.testing.samples import ODD_KEYS, run_id_of

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase

VALUES = ["", "0", "None", "$set", "a.b", "line\nline", " ", "🚀", "x" * 6000]
BAD_KEYS = [None, "", "a//b", "../a", "/a", "$a", "a,b", "x" * 251]


class ParamsSuite:
    """Params are written once."""

    @pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:12])
    def test_value_comes_back_as_it_was(self, store: TrackingBase, value: str) -> None:
        """Up to 6,000 characters."""
        run_id = run_id_of(store)
        store.log_param(run_id, Param("p", value))

        assert store.get_run(run_id).data.params == {"p": value}

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_any_key_that_mlflow_allows_survives(self, store: TrackingBase, key: str) -> None:
        """Singly and in a batch, beside a neighbour."""
        singly, batched = run_id_of(store), run_id_of(store)
        store.log_param(singly, Param(key, "1"))
        store.log_param(singly, Param("neighbour", "2"))
        store.log_batch(batched, [], [Param(key, "1"), Param("neighbour", "2")], [])

        assert store.get_run(singly).data.params == {key: "1", "neighbour": "2"}
        assert store.get_run(batched).data.params == {key: "1", "neighbour": "2"}

    @pytest.mark.parametrize("key", BAD_KEYS, ids=lambda key: repr(key)[:12])
    def test_bad_key_is_refused(self, store: TrackingBase, key: Any) -> None:
        """Singly and in a batch, of which then nothing is stored."""
        run_id = run_id_of(store)

        with refused(BAD_VALUE):
            store.log_param(run_id, Param(key, "1"))
        with refused(BAD_VALUE):
            store.log_batch(run_id, [], [Param("good", "1"), Param(key, "1")], [])
        assert store.get_run(run_id).data.params == {}

    def test_same_value_again_is_fine(self, store: TrackingBase) -> None:
        """So that a script can be run over."""
        run_id = run_id_of(store)
        for _ in range(2):
            store.log_param(run_id, Param("p", "1"))
            store.log_batch(run_id, [], [Param("p", "1")], [])

        assert store.get_run(run_id).data.params == {"p": "1"}

    @pytest.mark.parametrize(("first", "second"), [("1", "2"), ("1", ""), ("", "1"), ("a", "A")])
    def test_other_value_is_refused(self, store: TrackingBase, first: str, second: str) -> None:
        """The message names key, run and both values; the first one stays."""
        run_id = run_id_of(store)
        store.log_param(run_id, Param("p", first))

        with refused(
            BAD_VALUE, f"Changing param values is not allowed.*'p'.*'{first}'.*{run_id}.*'{second}'"
        ):
            store.log_param(run_id, Param("p", second))
        with refused(BAD_VALUE, "Changing param values is not allowed"):
            store.log_batch(run_id, [], [Param("p", second)], [])
        assert store.get_run(run_id).data.params == {"p": first}

    def test_long_value_is_cut(self, store: TrackingBase) -> None:
        """At 6,000 characters; logged again it is the same value."""
        run_id = run_id_of(store)
        store.log_param(run_id, Param("p", "x" * 6001))
        store.log_param(run_id, Param("p", "x" * 7000))

        assert store.get_run(run_id).data.params == {"p": "x" * 6000}

    def test_long_value_is_refused_where_cutting_is_off(
        self, store: TrackingBase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`MLFLOW_TRUNCATE_LONG_VALUES=false`."""
        monkeypatch.setenv("MLFLOW_TRUNCATE_LONG_VALUES", "false")

        with refused(BAD_VALUE):
            store.log_param(run_id_of(store), Param("p", "x" * 6001))


class TagsSuite:
    """Tags can be overwritten and deleted."""

    @pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:12])
    def test_value_comes_back_as_it_was(self, store: TrackingBase, value: str) -> None:
        """And replaces the one before."""
        run_id = run_id_of(store)
        store.set_tag(run_id, RunTag("t", "before"))
        store.set_tag(run_id, RunTag("t", value))

        assert store.get_run(run_id).data.tags["t"] == value

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_any_key_that_mlflow_allows_survives(self, store: TrackingBase, key: str) -> None:
        """Set, overwritten in a batch, deleted; a neighbour stays."""
        run_id = run_id_of(store)
        store.set_tag(run_id, RunTag(key, "1"))
        store.log_batch(run_id, [], [], [RunTag(key, "2"), RunTag("neighbour", "3")])
        assert store.get_run(run_id).data.tags == {key: "2", "neighbour": "3", "mlflow.runName": "run"}

        store.delete_tag(run_id, key)
        assert store.get_run(run_id).data.tags == {"neighbour": "3", "mlflow.runName": "run"}

    @pytest.mark.parametrize("key", BAD_KEYS, ids=lambda key: repr(key)[:12])
    def test_bad_key_is_refused(self, store: TrackingBase, key: Any) -> None:
        """Singly and in a batch, of which then nothing is stored."""
        run_id = run_id_of(store)

        with refused(BAD_VALUE):
            store.set_tag(run_id, RunTag(key, "1"))
        with refused(BAD_VALUE):
            store.log_batch(run_id, [], [], [RunTag("good", "1"), RunTag(key, "1")])
        assert store.get_run(run_id).data.tags == {"mlflow.runName": "run"}

    def test_long_value_is_cut(self, store: TrackingBase) -> None:
        """At 8,000 characters."""
        run_id = run_id_of(store)
        store.set_tag(run_id, RunTag("t", "x" * 8001))

        assert store.get_run(run_id).data.tags["t"] == "x" * 8000

    def test_last_of_equal_keys_in_a_batch_wins(self, store: TrackingBase) -> None:
        """Also over a stored one."""
        run_id = run_id_of(store)
        store.log_batch(run_id, [], [], [RunTag("t", "1"), RunTag("t", "2")])
        assert store.get_run(run_id).data.tags["t"] == "2"

        store.log_batch(run_id, [], [], [RunTag("t", "3"), RunTag("t", "1")])
        assert store.get_run(run_id).data.tags["t"] == "1"

    def test_name_tag_renames_the_run(self, store: TrackingBase) -> None:
        """Singly and in a batch; status and end stay."""
        run_id = run_id_of(store)
        store.update_run_info(run_id, RunStatus.FINISHED, 9, None)
        store.set_tag(run_id, RunTag("mlflow.runName", "second"))
        assert store.get_run(run_id).info.run_name == "second"

        store.log_batch(run_id, [], [], [RunTag("mlflow.runName", "third")])
        run = store.get_run(run_id)
        assert (run.info.run_name, run.data.tags["mlflow.runName"]) == ("third", "third")
        assert (run.info.status, run.info.end_time) == ("FINISHED", 9)

    def test_deleting_the_name_tag_keeps_the_name(self, store: TrackingBase) -> None:
        """Only the tag goes."""
        run_id = run_id_of(store)
        store.delete_tag(run_id, "mlflow.runName")
        run = store.get_run(run_id)

        assert (run.info.run_name, run.data.tags) == ("run", {})

    def test_deletion_of_an_absent_tag_is_refused(self, store: TrackingBase) -> None:
        """And says which."""
        with refused(MISSING, "nothing-here"):
            store.delete_tag(run_id_of(store), "nothing-here")

    def test_recorded_models_add_up_in_a_tag(self, store: TrackingBase) -> None:
        """`record_logged_model`, which old clients call, appends to a JSON list."""
        run_id = run_id_of(store)
        for path in ("first", "second"):
            store.record_logged_model(run_id, Model(artifact_path=path, run_id=run_id))

        recorded = json.loads(store.get_run(run_id).data.tags["mlflow.log-model.history"])
        assert [model["artifact_path"] for model in recorded] == ["first", "second"]
