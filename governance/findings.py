"""What verification finds: problems, each named, and changes that a signed erratum explains."""

from __future__ import annotations

from dataclasses import dataclass

from governance.records.errors import IntegrityError

ALTERED = "altered by"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `kind` is a word a machine can match; `where` is a path or a part of the release."""

    kind: str  # signature | missing | digest | rows | statistics | delta | merkle | books | unlisted | manifest
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.message}"


@dataclass(frozen=True)
class Report:
    """What verification found.

    Attributes:
        corpus: as the signed manifest says, wherever the directory stands.
        files: how many the manifest names.
        notes: changes that a signed erratum explains, each naming it.
        strays: files beside the shards that no version of the table knows, and unsigned files of the release; no
            reader of the table sees them.
        sealed: whether the log's bytes were verified, not its meaning alone.
    """

    release_id: str
    corpus: str = ""
    delta_version: int = -1
    files: int = 0
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    sealed: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; explained changes are not wrong."""
        return not self.problems

    @property
    def altered(self) -> bool:
        """Whether a signed erratum explains a change of its files."""
        return any(note.startswith(ALTERED) for note in self.notes)

    def require(self) -> None:
        """Raises what was found.

        Raises:
            IntegrityError: one line a problem.
        """
        if self.problems:
            raise IntegrityError("\n".join(str(problem) for problem in self.problems))
