"""What publish recorded of each source of a corpus, and what officers have stopped since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from governance.records.errors import ConfigError
from governance.store.database import upsert
from governance.store.tables import SOURCES, STATES
from governance.terms import Terms

State = Literal["active", "suspended", "quarantined", "erased"]
# The worse of a shard's and its source's state counts.
STATES_BY_WEIGHT: tuple[State, ...] = ("active", "suspended", "quarantined", "erased")
WHOLE_SOURCE = ""


@dataclass(frozen=True)
class RecordedSource:
    """Terms and level of personal data (pseudonymised | raw) of a source in a corpus."""

    terms: Terms
    pii_level: str


@dataclass(frozen=True)
class StateChange:
    """A state that an officer or the pipeline sets. An empty `path` is the whole source."""

    corpus: str
    source: str
    state: State
    reason: str
    path: str = WHOLE_SOURCE


class Sources:
    """Records terms at publish, and the states of sources and shards."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def record(self, corpus: str, source: str, recorded: RecordedSource, *, at: datetime) -> None:
        """Records or replaces what holds for a source; until then nothing of it is shared."""
        row: dict[str, Any] = {"corpus": corpus, "source": source, "terms": recorded.terms.record()}
        row |= {"pii_level": recorded.pii_level, "recorded_at": at}
        with self._engine.begin() as connection:
            connection.execute(upsert(self._engine, SOURCES, row))

    def of(self, corpus: str, source: str | None = None) -> dict[str, RecordedSource]:
        """What is recorded of a corpus's sources, or of one of them."""
        rows = self._read(_SOURCES, corpus, source)
        return {row.source: RecordedSource(Terms.model_validate(row.terms), row.pii_level) for row in rows}

    def set_state(self, change: StateChange, *, at: datetime, by: str) -> None:
        """Sets a state; reads obey it from the next request on.

        Raises:
            ConfigError: no such state, or erased data are to become active again.
        """
        if change.state not in get_args(State):
            raise ConfigError(f"state {change.state!r}: {', '.join(STATES_BY_WEIGHT)}")
        before = self.states(change.corpus).get((change.source, change.path))
        if before == "erased" and change.state != "erased":
            raise ConfigError(f"{change.corpus}/{change.path or change.source}: erased, and stays so")
        fields = ("corpus", "source", "path", "state", "reason")
        row: dict[str, Any] = {name: getattr(change, name) for name in fields} | {"since": at, "set_by": by}
        with self._engine.begin() as connection:
            connection.execute(upsert(self._engine, STATES, row))

    def states(self, corpus: str, source: str | None = None) -> dict[tuple[str, str], str]:
        """(source, path) to state, exceptions only; path "" is the whole source."""
        return {(row.source, row.path): row.state for row in self._read(_STATES, corpus, source)}

    def _read(self, queries: tuple[sa.Select, sa.Select], corpus: str, source: str | None) -> Sequence[sa.Row]:
        of_corpus, of_source = queries
        with self._engine.connect() as connection:
            if source is None:
                return connection.execute(of_corpus, {"corpus": corpus}).all()
            return connection.execute(of_source, {"corpus": corpus, "source": source}).all()


def _queries(query: sa.Select, table: sa.Table) -> tuple[sa.Select, sa.Select]:
    """The query on a corpus, and on one source of it; built once, because every Range request runs them."""
    of_corpus = query.where(table.c.corpus == sa.bindparam("corpus"))
    return of_corpus, of_corpus.where(table.c.source == sa.bindparam("source"))


_SOURCES = _queries(sa.select(SOURCES).order_by(SOURCES.c.source), SOURCES)
_STATES = _queries(sa.select(STATES.c.source, STATES.c.path, STATES.c.state), STATES)


def worse(first: str, second: str) -> str:
    """The heavier of two states. One that nobody knows is heavier than all, and no policy lets it through."""
    weights: dict[str, int] = {state: weight for weight, state in enumerate(STATES_BY_WEIGHT)}
    return max((first, second), key=lambda state: weights.get(state, len(weights)))
