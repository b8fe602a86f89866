from pathlib import Path
from typing import Any

import pytest
import yaml

from governance.records.errors import ConfigError
from pipelines.recipe import Recipe, load_recipe, source_paths

PLAIN = {"name": "r", "corpus": "c", "sources": ["*.yaml"]}


def _write(directory: Path, whole: Any) -> Path:
    path = directory / "recipe.yml"
    path.write_text(whole if isinstance(whole, str) else yaml.safe_dump(whole), encoding="utf-8")
    return path


WRONG = [
    ({**PLAIN, "dedupliate": {}}, "did you mean 'deduplicate'"),
    ({**PLAIN, "deduplicate": {"presset": "korean"}}, "did you mean 'preset'"),
    ({**PLAIN, "label": [{"project": "p", "guidline": "g", "labels": ["a", "b"]}]}, "did you mean 'guideline'"),
    ({"name": "r", "sources": ["a"]}, "'corpus' is missing"),
    ({**PLAIN, "sources": []}, "'sources'"),
    ({**PLAIN, "sources": ["a.yaml", "a.yaml"]}, "a source is listed twice"),
    ({**PLAIN, "corpus": "Has Spaces"}, "'corpus'"),
    ({**PLAIN, "corpus": "../up"}, "'corpus'"),
    ({**PLAIN, "zone_days": 0}, "'zone_days'"),
    ({**PLAIN, "deduplicate": {"bound": 0}}, "deduplicate.bound"),
    ({**PLAIN, "deduplicate": {"across_terms": "kep"}}, "deduplicate.across_terms"),
    ({**PLAIN, "deduplicate": {"passages": [{"unit": "word"}]}}, "deduplicate.passages.0.unit"),
    ({**PLAIN, "deduplicate": {"passages": [{"unit": "line", "at_least_documents": 1}]}}, "at_least_documents"),
    ({**PLAIN, "deduplicate": {"passages": [{"unit": "line"}] * 2}}, "a unit and scope are listed twice"),
    ({**PLAIN, "decontaminate": {"action": "cutt"}}, "decontaminate.action"),
    ({**PLAIN, "label": [{"project": "p", "guideline": "g", "labels": ["only"]}]}, "label.0.labels"),
    ("- a\n- b", "a recipe is a mapping"),
    ("a: [", "not YAML"),
]


@pytest.mark.parametrize(("whole", "says"), WRONG, ids=[says for _, says in WRONG])
def test_a_wrong_recipe_is_refused_with_the_place_and_the_nearest_known_key(
    tmp_path: Path, whole: Any, says: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load_recipe(_write(tmp_path, whole))
    assert says in str(error.value) and "recipe.yml" in str(error.value)


def test_every_problem_of_a_recipe_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_recipe(_write(tmp_path, {"name": "r", "judgee": {}, "zone_days": -1, "sources": []}))
    assert len(error.value.problems) == 4


def test_a_recipe_that_is_not_there_or_no_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such recipe"):
        load_recipe(tmp_path / "gone.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not YAML"):
        load_recipe(tmp_path / "bytes.yaml")


def test_overrides_are_dotted_keys_with_values_of_their_type(tmp_path: Path) -> None:
    given = {"judge.bounds.chars.at_least": "50", "deduplicate.near": "false", "title": "말뭉치", "as_of": "2026-01-02"}
    recipe = load_recipe(_write(tmp_path, {**PLAIN, "judge": {"bounds": {"chars": {"at_most": 9}}}}), given)
    assert recipe.judge.bounds == {"chars": {"at_most": 9, "at_least": 50}}
    assert recipe.deduplicate.near is False and recipe.title == "말뭉치" and str(recipe.as_of) == "2026-01-02"


@pytest.mark.parametrize("key", ["name.of.it", "sources.0"])
def test_an_override_into_no_section_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="is not a section"):
        load_recipe(_write(tmp_path, PLAIN), {key: "1"})


def test_an_override_that_is_no_yaml_is_refused_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--set title: '\[a' is no YAML value"):
        load_recipe(_write(tmp_path, PLAIN), {"title": "[a"})


def test_a_directory_is_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_recipe(tmp_path)


def test_a_recipe_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Recipe.model_validate(PLAIN).name = "other"  # type: ignore[misc]


def _sources(directory: Path, *patterns: str) -> tuple[list[str], list[str]]:
    recipe = Recipe.model_validate({**PLAIN, "sources": list(patterns)})
    found, problems = source_paths(recipe, directory / "recipe.yml")
    return [path.name for path in found], problems


def test_sources_are_found_beside_the_recipe_each_once_and_in_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "deep/c.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert _sources(tmp_path, "*.yaml") == (["a.yaml", "b.yaml"], [])
    assert _sources(tmp_path, "b.yaml", "*.yaml", "deep/*.yaml") == (["b.yaml", "a.yaml", "c.yaml"], [])
    assert _sources(tmp_path, str(tmp_path / "a.yaml")) == (["a.yaml"], [])
    assert _sources(tmp_path / "deep", "../a.yaml") == (["a.yaml"], [])


def test_patterns_that_match_nothing_are_all_named_beside_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("")
    found, problems = _sources(tmp_path, "x*.yaml", "a.yaml", "y.yaml")
    assert found == ["a.yaml"] and [p.rsplit(" ", 1)[1] for p in problems] == ["'x*.yaml'", "'y.yaml'"]
