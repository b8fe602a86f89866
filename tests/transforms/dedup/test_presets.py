"""Presets are fixed numbers: a changed one would make every stored signature useless."""

from __future__ import annotations

import hashlib
import json
from dataclasses import FrozenInstanceError
from importlib.resources import files

import numpy as np
import pytest

from governance.records.errors import ConfigError
from transforms.dedup.presets import PRESETS, preset


def test_curators_preset_draws_curators_own_seed_stream() -> None:
    content = json.loads(files("transforms.dedup").joinpath("cudf_vectors.json").read_text("utf-8"))
    known = next(v for v in content["derived"] if v["name"] == "curator_seed_stream")
    chosen = preset("curator-20x13")
    assert chosen.permutations == 260 and chosen.seed == chosen.a[0] == known["a32_first4"][0]
    assert hashlib.sha256(chosen.a.astype("<u4").tobytes()).hexdigest() == known["sha256_a32"]
    assert hashlib.sha256(chosen.b.astype("<u4").tobytes()).hexdigest() == known["sha256_b32"]


@pytest.mark.parametrize("name", ["korean", "fineweb-14x8"])
def test_our_multipliers_are_odd_and_all_different(name: str) -> None:
    chosen = preset(name)
    assert chosen.a.dtype == chosen.b.dtype == np.uint32
    assert len(chosen.a) == len(chosen.b) == chosen.bands * chosen.rows
    assert (chosen.a % 2 == 1).all() and len(np.unique(chosen.a)) == len(chosen.a)


def test_our_stream_is_the_one_that_stored_signatures_were_made_with() -> None:
    chosen = preset("korean")
    assert chosen.a[:3].tolist() == [2358124585, 1497998239, 2827674849]
    assert chosen.b[:3].tolist() == [1948854661, 2384310074, 4251268199]


def test_a_presets_numbers_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="read-only"):
        preset("korean").a[0] = 1
    with pytest.raises(FrozenInstanceError):
        preset("korean").width = 9  # type: ignore[misc]


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="nearest is 'fineweb-14x8'"):
        preset("fineweb14x8")
    with pytest.raises(ConfigError, match="curator-20x13, fineweb-14x8, korean"):
        preset("")


def test_names_in_the_table_are_their_own() -> None:
    assert all(name == chosen.name for name, chosen in PRESETS.items())


@pytest.mark.parametrize(
    ("name", "jaccard", "chance"),
    [
        ("curator-20x13", 0.7, 0.177),
        ("curator-20x13", 0.9, 0.997),
        ("fineweb-14x8", 0.8, 0.924),
        ("korean", 0.85, 0.994),
    ],
)
def test_the_chance_of_becoming_a_candidate_follows_the_curve(name: str, jaccard: float, chance: float) -> None:
    assert preset(name).candidate_probability(jaccard) == pytest.approx(chance, abs=6e-4)
