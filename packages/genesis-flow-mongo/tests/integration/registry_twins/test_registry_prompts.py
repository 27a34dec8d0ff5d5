"""Prompts, beside MLflow's SqlAlchemyStore."""

from __future__ import annotations

from typing import Any

from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag

PROMPT = "mlflow.prompt.is_prompt"


def test_prompts(both: Any) -> None:
    both.create_prompt("p", "text", {"team": "blue"})
    both.create_registered_model("model")
    both.create_model_version("model", "s3://x")
    both.create_prompt_version("p", "Hello {{name}}", "first", {"lang": "en"})
    both.create_prompt_version(
        "p", [{"role": "user", "content": "{{question}}"}], response_format={"type": "object"}
    )
    both.create_prompt_version("p", "Bye", model_config={"model_name": "small", "temperature": 0.5})
    both.set_prompt_alias("p", "champion", 1)
    for version in (1, "2", 3, 4, "champion", "latest", "missing", "a b"):
        both.get_prompt_version("p", version)
        both.get_prompt_version("model", version)
        both.get_prompt_version("none", version)
    both.get_prompt_version_by_alias("p", "champion")
    both.get_prompt("p")
    both.get_prompt("model")
    both.get_prompt("none")
    both.set_prompt_tag("p", "color", "red")
    both.delete_prompt_tag("p", "team")
    both.set_prompt_version_tag("p", "1", "quality", "good")
    both.delete_prompt_version_tag("p", 1, "lang")
    both.get_prompt("p")
    both.get_prompt_version("p", 1)
    both.search_prompts()
    both.search_prompts("name = 'p'")
    both.search_prompt_versions("p")
    both.all_pages("search_prompt_versions", name="p", max_results=1)
    both.search_prompt_versions("model")
    both.search_registered_models()
    both.search_model_versions()
    both.delete_prompt_version("p", "3")
    both.delete_prompt_alias("p", "champion")
    both.search_prompt_versions("p")
    both.get_prompt_version("p", "latest")
    both.delete_prompt("p")
    both.search_prompts()


def test_prompts_of_an_experiment(searchable: Any) -> None:
    for experiment_id in ("1", "22", "2", "x"):
        searchable.search_prompts(f"experiment_id = '{experiment_id}'")


def test_one_prompt_among_versions_hides_the_model(both: Any) -> None:
    """MLflow leaves out every version of a model of which any version has the tag of a prompt."""
    both.create_registered_model("m")
    both.create_registered_model("n")
    for name in ("m", "m", "n"):
        both.create_model_version(name, "s3://x")

    def look() -> None:
        both.search_model_versions()
        both.search_model_versions("name = 'm'")
        both.search_model_versions(f"tag.`{PROMPT}` = 'true'")
        both.search_registered_models()

    both.set_model_version_tag("m", 2, ModelVersionTag(PROMPT, "true"))
    look()
    both.create_model_version("m", "s3://later")
    look()
    both.delete_model_version("m", 2)
    look()
    both.create_model_version("n", "s3://x", tags=[ModelVersionTag(PROMPT, "true")])
    look()
    both.set_model_version_tag("n", 2, ModelVersionTag(PROMPT, "false"))
    look()
    both.set_registered_model_tag("n", RegisteredModelTag(PROMPT, "true"))
    look()
    both.delete_registered_model_tag("n", PROMPT)
    both.rename_registered_model("m", "renamed")
    look()
