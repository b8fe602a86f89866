"""One source, as its YAML file declares it: where the bytes are, how to read them, under which terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from governance.records.schemas import RAW

# Columns of RAW that a source may fill from its own fields; the others are places the reader computes.
FIELD_COLUMNS = tuple(name for name in RAW.names if name not in ("locator", "offset", "length"))

_KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class SourceSpec(BaseModel):
    """A source: frozen, read once, part of the plan hash.

    Attributes:
        name: kebab-case, unique in a recipe.
        sector: government | academic | private.
        domain: subject of the whole source ("law", "petition"); a record's own domain goes to `fields.domain`.
        connector: name in `connectors.base.CONNECTORS`.
        path: directory, file or URI; `${NAME}` is replaced by the loader.
        include: globs on POSIX paths relative to `path`; `**` crosses directories.
        exclude: globs taken out of `include`.
        format: name in `connectors.formats.registry.FORMATS`, or "auto" to go by the file's suffix.
        encoding: a Python codec, or "auto".
        fields: RAW column to the source's field; `text` may be a list whose values are joined by `separator`.
        separator: stands between joined parts of a text.
        options: per format; unknown ones are refused.
        priority: survivor order in deduplication, smaller first.
        terms: passed on untouched; `governance.terms` validates them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sector: Literal["government", "academic", "private"]
    domain: str = Field(min_length=1)
    connector: str = "files"
    path: str = ""
    include: tuple[str, ...] = Field(default=("**/*",), min_length=1)
    exclude: tuple[str, ...] = ()
    format: str = "auto"
    encoding: str = "auto"
    fields: Mapping[str, str | tuple[str, ...]] = Field(default_factory=dict)
    separator: str = "\n\n"
    options: Mapping[str, Any] = Field(default_factory=dict)
    priority: int = 0
    terms: Mapping[str, Any] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _kebab_case(cls, name: str) -> str:
        if not _KEBAB.fullmatch(name):
            raise ValueError("must be kebab-case: small letters, digits and single hyphens, a letter first")
        return name

    @field_validator("path")
    @classmethod
    def _without_credentials(cls, path: str) -> str:
        if "@" in path.partition("://")[2].partition("/")[0]:
            raise ValueError("holds a user or password; give credentials to the storage by the environment")
        return path

    @field_validator("encoding")
    @classmethod
    def _known_codec(cls, encoding: str) -> str:
        if encoding != "auto":
            try:
                b"a".decode(encoding, "ignore")  # not codecs.lookup, which knows codecs that give no text
            except LookupError as error:
                raise ValueError(f"no codec is called {encoding!r}; use 'auto' or a Python codec name") from error
        return encoding

    @field_validator("fields")
    @classmethod
    def _one_field_a_column(cls, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        lists = [column for column, field in fields.items() if column != "text" and not isinstance(field, str)]
        if lists:
            raise ValueError(f"only 'text' may be a list of fields, not {', '.join(map(repr, lists))}")
        return fields

    def text_fields(self, default: str = "text") -> tuple[str, ...]:
        """Fields whose values make the text, in order; `default` when the source names none."""
        named = self.fields.get("text", default)
        return (named,) if isinstance(named, str) else tuple(named)

    def other_fields(self) -> dict[str, str]:
        """RAW column to field name, for every column but the text."""
        return {column: field for column, field in self.fields.items() if isinstance(field, str) and column != "text"}
