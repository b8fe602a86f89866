"""Numbers that cuDF publishes for its MinHash, and ours that tell readings of it apart.

The CPU kernel is tested against all of them; a GPU must reproduce them before it may sign anything.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np


class Vector(NamedTuple):
    """One group of texts and the signatures they must have."""

    name: str
    texts: list[str]
    width: int
    seed: int
    a: np.ndarray
    b: np.ndarray
    expected: np.ndarray
    published: bool


@cache
def cudf_vectors() -> tuple[Vector, ...]:
    """Every vector of the character-window functions, published and derived; null rows left out.

    Source: rapidsai/cudf tests and docstrings (cudf_vectors.json names file and commit of each); derived ones come
    from a plain Python statement of the formula that reproduces all published ones.
    """
    content = json.loads(files(__package__).joinpath("cudf_vectors.json").read_text("utf-8"))
    groups = content["vectors"] + content["derived"]
    return tuple(_vector(group) for group in groups if "a" in group and not group.get("ngrams"))


def _vector(group: dict[str, Any]) -> Vector:
    kind = np.uint32 if group["bits"] == 32 else np.uint64
    texts = [t[0] * t[1] if group.get("input_is_rle") else t for t in group["input"]]
    rows = [i for i, text in enumerate(texts) if text is not None]
    return Vector(
        group["name"],
        [texts[i] for i in rows],
        group["width"],
        group["seed"],
        np.array(group["a"], kind),
        np.array(group["b"], kind),
        np.array([group["expected"][i] for i in rows], kind),
        group.get("kind") != "derived",
    )
