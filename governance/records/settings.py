"""Settings read once, at the door, into frozen values; every problem is collected before anything is refused."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from governance.records.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


class Frozen(BaseModel):
    """Base of every settings model: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` for the closest known word, or the empty string when none is close."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def parse(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """Builds a settings model.

    Raises:
        ConfigError: one sentence a problem, each with the place of the key; unknown keys name the nearest known one.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError([_sentence(model, problem, where) for problem in error.errors()]) from None


def _sentence(model: type[BaseModel], problem: Any, where: str) -> str:
    path = [str(part) for part in problem["loc"]]
    place = ".".join(path)
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key {place!r}{nearest(path[-1], _keys_at(model, path[:-1]))}"
    if problem["type"] == "missing":
        return f"{where}: {place!r} is missing"
    return f"{where}: {place!r}: {problem['msg']}"


def _keys_at(model: type[BaseModel], path: list[str]) -> list[str]:
    """Known keys of the model that `path` leads to; containers on the way are stepped through."""
    current: Any = model
    for part in path:
        fields = getattr(current, "model_fields", None)
        if fields is None or part not in fields:
            continue
        current = _model_in(fields[part].annotation)
    return list(getattr(current, "model_fields", {}))


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
