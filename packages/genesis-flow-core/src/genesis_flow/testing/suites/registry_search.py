"""What a model registry promises about its two searches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag

from genesis_flow.testing.expect import BAD_VALUE, INTERNAL, refused
from genesis_flow.testing.suites.model_versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryBase

IS_PROMPT = "tags.`mlflow.prompt.is_prompt`"

MODELS: dict[str, tuple[str, ...]] = {
    "name = 'Ann'": ("Ann",),
    "name != 'Ann'": ("ann", "b_b"),
    "name LIKE 'A%'": ("Ann",),
    "name ILIKE 'a%'": ("Ann", "ann"),
    "name like 'b_b'": ("b_b",),
    "name IN ('Ann', 'b_b')": ("Ann", "b_b"),
    "name NOT IN ('Ann')": ("ann", "b_b"),
    "attribute.name = 'Ann'": ("Ann",),
    "tags.team = 'x'": ("Ann",),
    "tags.team != 'x'": ("ann",),
    "tag.team LIKE 'X%'": ("ann",),
    "tags.team ILIKE 'x%'": ("Ann", "ann"),
    "tags.`a.b c` = '1'": ("b_b",),
    "tags.team = 'x' AND tags.other = 'y'": ("Ann",),
    "tags.team = 'x' AND tags.team LIKE 'x%'": ("Ann",),
    "name LIKE '%n%' AND tags.team ILIKE 'X%' AND tags.team != 'x'": ("ann",),
    f"{IS_PROMPT} != 'true'": ("Ann", "ann", "b_b"),
    f"{IS_PROMPT} = 'false'": ("Ann", "ann", "b_b"),
    f"{IS_PROMPT} = 'true'": ("prompt",),
    f"{IS_PROMPT} != 'false'": ("prompt",),
    "name = 'prompt'": (),
    "": ("Ann", "ann", "b_b"),
}

BAD_FILTERS = [
    "nonsense = 'x'",
    "params.p = 'x'",
    "name > 'a'",
    "name = 5",
    "tags.team > 'x'",
    "tags.team IN ('x')",
    "name = 'a' OR name = 'b'",
    "name =",
]

VERSIONS: dict[str, tuple[str, ...]] = {
    "name = 'm'": ("m1", "m2", "m3"),
    "name LIKE '%n'": ("n1",),
    "name IN ('m', 'n')": ("m1", "m2", "m3", "n1"),
    "name = 'm' AND version_number > 1": ("m2", "m3"),
    "version_number = 1": ("m1", "n1"),
    "version_number != 1 AND version_number <= 2": ("m2",),
    "run_id = 'r1'": ("m1", "n1"),
    "run_id != 'r1'": ("m2",),  # m3 has no run
    "run_id IN ('r1', 'r2')": ("m1", "m2", "n1"),
    "run_id NOT IN ('r1')": ("m2",),
    "run_id LIKE 'r%'": ("m1", "m2", "n1"),
    "source_path = 's3://b/m1'": ("m1",),
    "source_path LIKE 's3://b/%'": ("m1", "m2"),
    "source_path ILIKE 'S3://B/M_'": ("m1", "m2"),
    "tags.stage = 'x'": ("m1", "n1"),
    "tags.stage != 'x'": ("m2",),
    "tag.`a.b` LIKE 'z%'": ("m2",),
    "name = 'm' AND run_id = 'r1' AND tags.stage = 'x'": ("m1",),
    f"{IS_PROMPT} = 'true'": ("prompt1",),
    f"{IS_PROMPT} != 'true'": ("m1", "m2", "m3", "n1"),
    "name = 'prompt'": (),
    "": ("m1", "m2", "m3", "n1"),
}

BAD_VERSION_FILTERS = [
    "nonsense = 'x'",
    "version_number LIKE '1'",
    "version_number = 'x'",
    "version_number = 1.5",
    "source_path IN ('x')",
    "source_path > 'x'",
    "run_id = 5",
    "tags.stage > 'x'",
    "name = 'a' OR name = 'b'",
]


def read_pages(search: Callable[..., Any], size: int, **options: Any) -> list[list[Any]]:
    """Read a search page by page."""
    pages, token = [], None
    while True:
        page = search(max_results=size, page_token=token, **options)
        pages.append(list(page))
        token = page.token
        if token is None:
            return pages


class SearchModelsSuite:
    """`search_registered_models`."""

    def test_filters_find(self, registry: RegistryBase) -> None:
        """Every comparator; prompts only on request."""
        registry.create_registered_model(
            "Ann", [RegisteredModelTag("team", "x"), RegisteredModelTag("other", "y")]
        )
        registry.create_registered_model("ann", [RegisteredModelTag("team", "Xy")])
        registry.create_registered_model("b_b", [RegisteredModelTag("a.b c", "1")])
        registry.create_prompt("prompt")

        def found(text: str) -> tuple[str, ...]:
            return tuple(sorted(model.name for model in registry.search_registered_models(text)))

        assert {text: found(text) for text in MODELS} == MODELS

    def test_bad_filters_are_refused(self, registry: RegistryBase) -> None:
        """Each with the same code."""
        for text in BAD_FILTERS:
            with refused(BAD_VALUE):
                registry.search_registered_models(text)

    def test_found_model_is_a_whole_one(self, registry: RegistryBase) -> None:
        """With latest versions, tags and aliases."""
        versions(registry, 3)
        registry.transition_model_version_stage("m", 2, "Production", archive_existing_versions=False)
        registry.set_registered_model_alias("m", "champion", 1)
        (model,) = registry.search_registered_models()

        assert sorted(one.version for one in model.latest_versions) == [2, 3]
        assert model.aliases == {"champion": 1}

    @pytest.mark.parametrize(
        ("order_by", "expected"),
        [
            (None, "B a b é"),
            (["name DESC"], "é b a B"),
            (["last_updated_timestamp ASC", "name DESC"], None),
            (["timestamp DESC"], None),
        ],
    )
    def test_orders(self, registry: RegistryBase, order_by: list[str] | None, expected: str | None) -> None:
        """By name, or by the last update and then by name."""
        for name in ("b", "a", "é", "B"):
            registry.create_registered_model(name)
        models = registry.search_registered_models(order_by=order_by)

        if expected:
            assert [model.name for model in models] == expected.split()
        else:
            stamps = [model.last_updated_timestamp for model in models]
            assert stamps == sorted(stamps, reverse="DESC" in order_by[0])  # type: ignore[index]

    @pytest.mark.parametrize(
        ("order_by", "code"),
        [
            (["nonsense"], BAD_VALUE),
            (["creation_timestamp"], BAD_VALUE),
            (["name SIDEWAYS"], BAD_VALUE),
            (["name", "name DESC"], INTERNAL),
        ],
        ids=str,
    )
    def test_bad_order_is_refused(self, registry: RegistryBase, order_by: list[str], code: str) -> None:
        """With the code that MLflow's SQL store answers."""
        with refused(code):
            registry.search_registered_models(order_by=order_by)

    @pytest.mark.parametrize("size", [1, 2, 5, 6])
    @pytest.mark.parametrize("order_by", [None, ["timestamp DESC"]], ids=str)
    def test_pages_add_up(self, registry: RegistryBase, size: int, order_by: list[str] | None) -> None:
        """Each model once, the token None exactly at the end."""
        for name in "cabed":
            registry.create_registered_model(name)
        pages = read_pages(registry.search_registered_models, size, order_by=order_by)
        whole = registry.search_registered_models(order_by=order_by)

        assert [len(page) for page in pages] == [size] * (5 // size) + ([5 % size] if 5 % size else [])
        assert [model.name for page in pages for model in page] == [model.name for model in whole]

    def test_bad_size_or_token_is_refused(self, registry: RegistryBase) -> None:
        """At most 1,000; a token must have come from here."""
        with refused(BAD_VALUE):
            registry.search_registered_models(max_results=1001)
        with refused(BAD_VALUE):
            registry.search_registered_models(page_token="nonsense")


class SearchVersionsSuite:
    """`search_model_versions`."""

    @staticmethod
    def _fill(registry: RegistryBase) -> None:
        for name in ("m", "n"):
            registry.create_registered_model(name)
        registry.create_model_version("m", "s3://b/m1", "r1", [ModelVersionTag("stage", "x")])
        registry.create_model_version(
            "m", "s3://b/m2", "r2", [ModelVersionTag("stage", "y"), ModelVersionTag("a.b", "z1")]
        )
        registry.create_model_version("m", "dbfs:/m3")
        registry.create_model_version("m", "deleted", "r1", [ModelVersionTag("stage", "x")])
        registry.delete_model_version("m", 4)
        registry.create_model_version("n", "n1", "r1", [ModelVersionTag("stage", "x")])
        registry.create_prompt("prompt")
        registry.create_prompt_version("prompt", "hello")

    def test_filters_find(self, registry: RegistryBase) -> None:
        """Every comparator; prompts only on request, deleted versions never."""
        self._fill(registry)

        def found(text: str) -> tuple[str, ...]:
            return tuple(sorted(f"{one.name}{one.version}" for one in registry.search_model_versions(text)))

        assert {text: found(text) for text in VERSIONS} == VERSIONS

    def test_bad_filters_are_refused(self, registry: RegistryBase) -> None:
        """Each with the same code."""
        for text in BAD_VERSION_FILTERS:
            with refused(BAD_VALUE):
                registry.search_model_versions(text)

    @pytest.mark.parametrize(
        ("order_by", "expected"),
        [
            (["version_number ASC"], "a1 b1 a2 b2"),
            (["name DESC"], "b2 b1 a2 a1"),
            (["name DESC", "version_number ASC"], "b1 b2 a1 a2"),
            (["creation_timestamp DESC", "name", "version_number"], None),
        ],
        ids=str,
    )
    def test_orders(self, registry: RegistryBase, order_by: list[str], expected: str | None) -> None:
        """Draws by name, then the higher number."""
        for name in "ab":
            versions(registry, 2, name)
        found = list(registry.search_model_versions(order_by=order_by))

        if expected:
            assert [f"{one.name}{one.version}" for one in found] == expected.split()
        else:
            stamps = [one.creation_timestamp for one in found]
            assert stamps == sorted(stamps, reverse=True)

    def test_last_updated_comes_first(self, registry: RegistryBase) -> None:
        """Without any wish; then by name, then the higher number."""
        for name in "ba":
            versions(registry, 2, name)
        keys = [
            (-one.last_updated_timestamp, one.name, -one.version) for one in registry.search_model_versions()
        ]

        assert keys == sorted(keys)

    @pytest.mark.parametrize(
        ("order_by", "code"),
        [(["nonsense"], BAD_VALUE), (["run_id"], BAD_VALUE), (["name", "name DESC"], INTERNAL)],
        ids=str,
    )
    def test_bad_order_is_refused(self, registry: RegistryBase, order_by: list[str], code: str) -> None:
        """With the code that MLflow's SQL store answers."""
        with refused(code):
            registry.search_model_versions(order_by=order_by)

    @pytest.mark.parametrize("size", [1, 2, 5, 6])
    @pytest.mark.parametrize("order_by", [None, ["name DESC"]], ids=str)
    def test_pages_add_up(self, registry: RegistryBase, size: int, order_by: list[str] | None) -> None:
        """Each version once, the token None exactly at the end."""
        versions(registry, 3, "a")
        versions(registry, 2, "b")
        pages = read_pages(registry.search_model_versions, size, order_by=order_by)
        whole = registry.search_model_versions(order_by=order_by)

        assert [len(page) for page in pages] == [size] * (5 // size) + ([5 % size] if 5 % size else [])
        assert [(one.name, one.version) for page in pages for one in page] == [
            (one.name, one.version) for one in whole
        ]

    @pytest.mark.parametrize("size", [0, -1, 200_001, None])
    def test_bad_size_is_refused(self, registry: RegistryBase, size: Any) -> None:
        """1 to 200,000."""
        with refused(BAD_VALUE):
            registry.search_model_versions(max_results=size)
