from __future__ import annotations

import pytest

from governance.records.errors import ConfigError
from pipelines.dedup.settings import Settings, read_settings
from pipelines.recipe import DeduplicateSettings


def test_the_bound_is_the_presets_unless_it_is_set() -> None:
    assert read_settings("fineweb-14x8", []).limit == 0.75
    assert read_settings("fineweb-14x8", ["bound=0.5"]).limit == 0.5


def test_what_a_recipe_calls_the_same_has_the_same_default() -> None:
    shared = set(Settings.model_fields) & set(DeduplicateSettings.model_fields) - {"chunk_bytes"}
    assert shared == {"preset", "exact", "near", "bound"}
    assert all(getattr(Settings(), name) == getattr(DeduplicateSettings(), name) for name in shared)


@pytest.mark.parametrize(
    "pair", ["bound=0", "bound=1.1", "rounds=-1", "measure=cosine", "exact=perhaps", "chunk_bytes=0"]
)
def test_values_out_of_range_are_refused_by_name(pair: str) -> None:
    with pytest.raises(ConfigError, match=pair.partition("=")[0]):
        read_settings("korean", [pair])
