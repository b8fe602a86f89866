"""Source files to `SourceSpec`: every problem of every file is found before anything is read.

A source file is YAML with the keys of `SourceSpec`; `${NAME}` in any string is replaced by a variable.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from connectors.base import CONNECTORS
from connectors.formats.registry import FORMATS
from connectors.spec import FIELD_COLUMNS, SourceSpec
from governance.records.errors import ConfigError

__all__ = ["SourceSpec", "load_source", "load_sources"]

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _Loader(yaml.SafeLoader):
    """YAML that refuses a key given twice."""


def _mapping(loader: _Loader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=deep) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", node.start_mark)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=deep)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_source(path: Path, variables: Mapping[str, str]) -> SourceSpec:
    """The source a YAML file declares.

    Raises:
        ConfigError: every problem of the file, each with the file's path.
    """
    spec, problems = _load(path, variables)
    if spec is None or problems:
        raise ConfigError([f"{path}: {problem}" for problem in problems])
    return spec


def load_sources(paths: Iterable[Path], variables: Mapping[str, str]) -> tuple[SourceSpec, ...]:
    """The sources of several files, in order.

    Raises:
        ConfigError: every problem of every file; two sources of one name are one.
    """
    specs: dict[str, tuple[SourceSpec, Path]] = {}
    problems: list[str] = []
    for path in paths:
        spec, found = _load(path, variables)
        problems += [f"{path}: {problem}" for problem in found]
        if spec is not None and spec.name in specs:
            problems.append(f"{path}: name {spec.name!r} is taken by {specs[spec.name][1]}; give it another")
        elif spec is not None:
            specs[spec.name] = (spec, path)
    if problems:
        raise ConfigError(problems)
    return tuple(spec for spec, _ in specs.values())


def _load(path: Path, variables: Mapping[str, str]) -> tuple[SourceSpec | None, list[str]]:
    try:
        raw = yaml.load(path.read_text("utf-8"), _Loader)
    except (OSError, UnicodeDecodeError) as error:
        return None, [f"cannot be read ({type(error).__name__}); correct the path or its permissions"]
    except yaml.YAMLError as error:
        return None, [f"is not valid YAML: {' '.join(str(error).split())}"]
    if not isinstance(raw, Mapping):
        return None, ["is no mapping of keys to values; see docs/guide/sources.md"]
    problems: list[str] = []
    values = _substitute(dict(raw), variables, problems)
    try:
        spec = SourceSpec.model_validate(values)
    except ValidationError as error:
        return None, problems + [_sentence(e, SourceSpec) for e in error.errors()] + _beyond_the_model(values)
    return spec, problems + _beyond_the_model(values)


def _substitute(value: Any, variables: Mapping[str, str], problems: list[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _substitute(inner, variables, problems) for key, inner in value.items()}
    if isinstance(value, list):
        return [_substitute(inner, variables, problems) for inner in value]
    if not isinstance(value, str):
        return value
    for name in _VARIABLE.findall(value):
        if name not in variables:
            near = difflib.get_close_matches(name, list(variables), n=1)
            advice = f"did you mean {near[0]!r}?" if near else "set it in the environment"
            problems.append(f"variable ${{{name}}} is not set; {advice}")
    return _VARIABLE.sub(lambda found: variables.get(found.group(1), found.group()), value)


def _sentence(error: Any, model: type[BaseModel]) -> str:
    place = ".".join(str(step) for step in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"unknown key {place!r}{_nearest(place, model.model_fields)}"
    if error["type"] == "missing":
        return f"key {place!r} is missing"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {found[0]!r}?" if found else f"; known are {', '.join(known)}"


def _beyond_the_model(values: Mapping[str, Any]) -> list[str]:
    """Problems of names that tables elsewhere decide: connectors, formats, RAW columns, a format's options."""
    problems = _unknown("connector", values.get("connector", "files"), CONNECTORS)
    problems += _unknown("format", values.get("format", "auto"), [*FORMATS, "auto"])
    if isinstance(fields := values.get("fields", {}), Mapping):
        problems += [p for column in fields for p in _unknown("fields: column", column, FIELD_COLUMNS)]
    if values.get("connector", "files") == "files" and not values.get("path"):
        problems.append("key 'path' is missing: the connector 'files' needs a directory, file or URI")
    return problems + _options(values.get("format", "auto"), values.get("options", {}))


def _unknown(what: str, name: Any, known: Iterable[str]) -> list[str]:
    return [] if name in known else [f"unknown {what} {name!r}{_nearest(str(name), known)}"]


def _options(name: Any, options: Any) -> list[str]:
    """Problems of the options, checked with the format's model, or with every format's when it is "auto"."""
    if not isinstance(options, Mapping) or (name != "auto" and name not in FORMATS):
        return []
    models = [row.options for row in FORMATS.values()] if name == "auto" else [FORMATS[name].options]
    known = {field for model in models for field in model.model_fields}
    problems = [p for option in options for p in _unknown("option", option, sorted(known))]
    for model in dict.fromkeys(models):
        try:
            model.model_validate({o: value for o, value in options.items() if o in model.model_fields})
        except ValidationError as error:
            problems += [f"options: {_sentence(e, model)}" for e in error.errors()]
    return list(dict.fromkeys(problems))
