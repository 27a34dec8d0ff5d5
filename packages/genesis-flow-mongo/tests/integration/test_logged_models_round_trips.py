"""How many commands inputs, outputs and logged models cost: what their docstrings promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import (
    Dataset,
    DatasetInput,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
    Metric,
)

from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from conftest import Recorder


def test_each_call_costs_what_it_promises(recorder: Recorder, mongo_uri: str) -> None:
    store = MongoTrackingStore(mongo_uri, "/artifacts")
    run_id = store.create_run("0", "ada", 0, [], "run").info.run_id
    bare, model = (store.create_logged_model("0", name).model_id for name in ("bare", "model"))
    store.log_metric(run_id, Metric("loss", 1.0, 0, 0, model))
    iris = DatasetInput(Dataset("iris", "d1", "local", "/data"))
    by_loss = [{"field_name": "metrics.loss"}]

    def cost(method: str, *arguments: Any, **options: Any) -> list[str]:
        recorder.commands.clear()
        getattr(store, method)(*arguments, **options)
        return list(recorder.commands)

    found: dict[str, list[str]] = {
        "new dataset": cost("log_inputs", run_id, [iris], [LoggedModelInput(model)]),
        "known dataset": cost("log_inputs", run_id, [iris]),
        "outputs": cost("log_outputs", run_id, [LoggedModelOutput(model, 0), LoggedModelOutput(bare, 0)]),
        "summaries": cost("_search_datasets", ["0"]),
        "create": cost("create_logged_model", "0", "m"),
        "get bare": cost("get_logged_model", bare),
        "get": cost("get_logged_model", model),
        "finalize bare": cost("finalize_logged_model", bare, LoggedModelStatus.READY),
        "tags": cost("set_logged_model_tags", bare, [LoggedModelTag("t", "1")]),
        "delete tag": cost("delete_logged_model_tag", bare, "t"),
        "params": cost("log_logged_model_params", bare, [LoggedModelParameter("p", "1")]),
        "metric": cost("log_metric", run_id, Metric("loss", 2.0, 1, 0, model)),
        "search": cost("search_logged_models", ["0"], "name = 'model'"),
        "search nothing": cost("search_logged_models", ["0"], "name = 'none'"),
        "search metric": cost("search_logged_models", ["0"], "metrics.loss > 0", order_by=by_loss),
        "search value": cost("search_logged_models", ["0"], "metrics.loss = 1"),
        "delete": cost("delete_logged_model", bare),
    }

    assert found == {
        "new dataset": ["find", "update", "update"],
        "known dataset": ["find"],
        "outputs": ["update"],
        "summaries": ["find"],
        "create": ["find", "insert"],
        "get bare": ["find"],
        "get": ["find", "find"],
        "finalize bare": ["findAndModify"],
        "tags": ["update"],
        "delete tag": ["update"],
        "params": ["update"],
        "metric": ["find", "update", "insert", "update"],
        "search": ["find", "find"],
        "search nothing": ["find"],
        # An ascending order runs over into the models without the metric.
        "search metric": ["find", "find", "find", "find"],
        "search value": ["distinct", "find", "find"],
        "delete": ["update"],
    }
