"""Searches of the registry, beside MLflow's SqlAlchemyStore."""

from __future__ import annotations

from typing import Any

import pytest

PROMPT = "mlflow.prompt.is_prompt"
IS_PROMPT = f"tags.`{PROMPT}` = 'true'"

MODEL_FILTERS = [
    None,
    "",
    "name = 'fraud'",
    'name = "fraud"',
    "name != 'fraud'",
    "name LIKE 'churn_%'",
    "name LIKE 'churn_a'",
    "name LIKE '%RAUD%'",
    "name ILIKE '%RAUD%'",
    "name ILIKE 'fraud'",
    "name IN ('fraud', 'churn_a')",
    "name NOT IN ('fraud', 'churn_a')",
    "name IN ('fraud')",
    "name LIKE 'churn%' AND name != 'churn_a'",
    "tags.team = 'blue'",
    "tag.team != 'blue'",
    "tags.team LIKE 'b%'",
    "tags.team ILIKE 'b%'",
    "tags.note LIKE '100%'",
    "tags.`team` = 'red' AND name = 'churn_a'",
    "tags.team != 'blue' AND tags.team != 'Blue'",
    "tags.missing != 'x'",
    "attribute.name = 'fraud'",
    IS_PROMPT,
    f"tags.`{PROMPT}` != 'true'",
    f"tags.`{PROMPT}` = 'false'",
    f"tags.`{PROMPT}` != 'false'",
    f"tags.`{PROMPT}` = 'TRUE'",
    f"tags.`{PROMPT}` != 'FALSE'",
    f"tags.`{PROMPT}` LIKE '%'",
    f"{IS_PROMPT} AND tags.team = 'blue'",
    f"name = 'fraud' AND tags.`{PROMPT}` != 'true'",
    f"{IS_PROMPT} AND tags._mlflow_experiment_ids LIKE '%,22,%'",
    f"{IS_PROMPT} AND tags._mlflow_experiment_ids LIKE '%,2,%'",
    "name > 'a'",
    "name = 5",
    "name = fraud",
    "tags.team IN ('blue')",
    "tags.team = 5",
    "tags.team > 'a'",
    "version_number = 1",
    "run_id = 'run1'",
    "metrics.x = '1'",
    "name = 'fraud' OR name = 'churn_a'",
    "NOT name = 'fraud'",
    "(name = 'fraud')",
    "name = 'fraud'; name = 'x'",
    "name",
    "= 'fraud'",
    "name IS NULL",
    "name IN ()",
    "name IN (1, 2)",
]


def test_filters_of_models(searchable: Any) -> None:
    for filter_string in MODEL_FILTERS:
        searchable.search_registered_models(filter_string)


VERSION_FILTERS = [
    None,
    "name = 'fraud'",
    "name != 'fraud'",
    "name LIKE '%raud%'",
    "name ILIKE '%raud%'",
    "name IN ('fraud', 'churn_a')",
    "name NOT IN ('fraud')",
    "run_id = 'run1'",
    "run_id != 'run1'",
    "run_id IN ('run1', 'run4')",
    "run_id NOT IN ('run1', 'run4')",
    "run_id LIKE 'run%'",
    "source_path = 's3://bucket/0%'",
    "source_path LIKE '%/_%'",
    "source_path IN ('a')",
    "version_number = 1",
    "version_number = '1'",
    "version_number != 1",
    "version_number > 1",
    "version_number >= 2",
    "version_number < 2",
    "version_number <= 1",
    "version_number > 1.5",
    "version_number = 'x'",
    "version_number LIKE '1'",
    "version_number IN ('1')",
    "version_number < 99999999999",
    "name > 'a'",
    "name = 5",
    "creation_timestamp > 0",
    "tags.n = '0'",
    "tags.lang = 'en'",
    "tags.lang != 'en'",
    "tags.lang LIKE 'e_'",
    "tags.lang ILIKE 'E%' AND name = 'fraud'",
    "tags.lang IN ('en')",
    f"tag.`{PROMPT}` = 'true'",
    f"tag.`{PROMPT}` != 'true'",
    f"tag.`{PROMPT}` != 'false'",
    f"name = 'greeting' AND tag.`{PROMPT}` = 'true'",
    "name = 'greeting'",
    "stage = 'Production'",
    "name = 'fraud' OR name = 'x'",
    "params.x = '1'",
]


def test_filters_of_versions(searchable: Any) -> None:
    for filter_string in VERSION_FILTERS:
        searchable.search_model_versions(filter_string)


MODEL_ORDERS: list[Any] = [
    None,
    [],
    ["name"],
    ["name DESC"],
    ["timestamp"],
    ["timestamp DESC"],
    ["last_updated_timestamp ASC"],
    ["last_updated_timestamp desc", "name DESC"],
    ["timestamp", "last_updated_timestamp"],
    ["name", "name DESC"],
    ["creation_timestamp"],
    ["bogus"],
    ["name sideways"],
    ["name '"],
    ["tags.x"],
    "name",
]


def test_orders_of_models(searchable: Any) -> None:
    for order_by in MODEL_ORDERS:
        answer = searchable.search_registered_models(order_by=order_by)
        if not isinstance(answer, str):
            for size in (1, 3):
                searchable.all_pages("search_registered_models", order_by=order_by, max_results=size)


VERSION_ORDERS: list[Any] = [
    None,
    [],
    ["name"],
    ["name DESC"],
    ["version_number"],
    ["version_number DESC", "name DESC"],
    ["creation_timestamp"],
    ["creation_timestamp DESC"],
    ["last_updated_timestamp"],
    ["last_updated_timestamp DESC", "version_number ASC"],
    ["name", "name"],
    ["timestamp"],
    ["run_id"],
    ["bogus"],
]


def test_orders_of_versions(searchable: Any) -> None:
    for order_by in VERSION_ORDERS:
        answer = searchable.search_model_versions(order_by=order_by)
        if not isinstance(answer, str):
            for size in (1, 4):
                searchable.all_pages("search_model_versions", order_by=order_by, max_results=size)


def test_page_sizes(searchable: Any) -> None:
    for size in (None, 1, 2, 1000, 1001):
        searchable.search_registered_models(max_results=size)
    for size in (None, -1, 0, 1, "10", 1.5, 200_000, 200_001):
        searchable.search_model_versions(max_results=size)


@pytest.mark.parametrize("token", ["nonsense", "bm9uc2Vuc2U=", "e30=", b"e30="])
def test_tokens_that_are_none(both: Any, token: Any) -> None:
    assert both.search_registered_models(page_token=token) == "INVALID_PARAMETER_VALUE"
    assert both.search_model_versions(page_token=token) == "INVALID_PARAMETER_VALUE"
