"""What a labelling project asks: its guideline and its labels, as plain data from the recipe."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from governance.records.errors import ConfigError
from governance.records.ids import content_name


class Scale(StrEnum):
    """Whether the order of the labels means something; it decides how disagreement is weighed."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"


@dataclass(frozen=True, slots=True)
class Project:
    """One question put to workers.

    Attributes:
        name: short name, the same as in the recipe.
        guideline: what the worker reads (지침); paragraphs apart by blank lines, `- ` starts a list item.
        labels: the answers there are, in the order of the keys 1, 2, …; on an ordinal scale from least to most.
        title: what the page calls the project; empty takes the name.
    """

    name: str
    guideline: str
    labels: tuple[str, ...]
    title: str = ""
    scale: Scale = Scale.NOMINAL

    def __post_init__(self) -> None:
        """Refuses a project that asks nothing."""
        if len(self.labels) < 2 or len(set(self.labels)) != len(self.labels) or not all(self.labels):
            raise ConfigError(f"labelling project {self.name!r}: at least two labels, none empty, none twice")
        object.__setattr__(self, "scale", Scale(self.scale))  # recipes write it as a word

    @property
    def version(self) -> str:
        """Name of exactly this guideline and label set; every answer carries it."""
        return content_name([self.guideline, list(self.labels), self.scale.value])

    def to_data(self) -> dict[str, Any]:
        """JSON value of the project."""
        return asdict(self) | {"labels": list(self.labels), "scale": self.scale.value}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Project:
        """The project of a value that `to_data` made."""
        return cls(**(data | {"labels": tuple(data["labels"]), "scale": Scale(data["scale"])}))
