"""Finds personal information in a string column."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from typing import NamedTuple

import pyarrow as pa

from transforms.pii.claims import claim
from transforms.pii.jamo import compose
from transforms.pii.kinds import RANK, Kind
from transforms.pii.name import LABEL, find_names
from transforms.pii.normalise import Block, normalise_windows
from transforms.pii.recogniser import AFTER, BEFORE, FIRST, LEAST, SURE, Pattern, Place, Recogniser, score
from transforms.pii.registry import RECOGNISERS
from transforms.pii.windows import Trigger, find_windows

FINDINGS = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),  # half-open code points of the original text
        pa.field("end", pa.int32(), nullable=False),
        pa.field("score", pa.int32(), nullable=False),  # per mille
        pa.field("recogniser", pa.string(), nullable=False),  # name@version
    ]
)


class Finding(NamedTuple):
    """One span of one row; `start` and `end` are half-open code points of the original text."""

    row: int
    start: int
    end: int
    score: int
    kind: Kind
    recogniser: str


def scan(text: pa.Array, *, kinds: Collection[str] | None = None, at_least: int = LEAST) -> pa.Table:
    """Spans of personal information, sorted by row and start, none overlapping another.

    Args:
        text: string or large_string; a null has no findings.
        kinds: the kinds to look for; None is all of them. An unknown kind is refused.
        at_least: lowest score that is reported, per mille.

    Returns:
        A table with schema FINDINGS.

    Raises:
        ValueError: a kind that does not exist.
    """
    wanted = frozenset(Kind) if kinds is None else frozenset(Kind(kind) for kind in kinds)
    return to_table(resolve(list(findings(text, wanted, at_least))))


def to_table(found: list[Finding]) -> pa.Table:
    """Findings as a table with schema FINDINGS, in the order given."""
    columns = [
        [f.row for f in found],
        [f.kind.value for f in found],
        [f.start for f in found],
        [f.end for f in found],
        [f.score for f in found],
        [f.recogniser for f in found],
    ]
    return pa.table([pa.array(c, field.type) for c, field in zip(columns, FINDINGS, strict=True)], schema=FINDINGS)


def findings(text: pa.Array, kinds: Collection[Kind], at_least: int = 1) -> Iterator[Finding]:
    """Every span of some kinds with a score of `at_least`, overlapping ones too, in no order."""
    composed = compose(text)
    if not composed.places:
        yield from _composed_findings(text, kinds, at_least)
        return
    for found in _composed_findings(composed.column, kinds, at_least):
        row = found.row
        if row in composed.places:
            found = found._replace(start=composed.original(row, found.start), end=composed.original(row, found.end))
        yield found


def _composed_findings(text: pa.Array, kinds: Collection[Kind], at_least: int) -> Iterator[Finding]:
    if Kind.NAME in kinds:
        for name in find_names(text, at_least):
            yield Finding(name.row, name.start, name.end, name.score, Kind.NAME, LABEL)
    recognisers = [r for r in RECOGNISERS if r.kind in kinds]
    if not recognisers:
        return
    windows = find_windows(text)
    for trigger in Trigger:
        readers = [r for r in recognisers if r.trigger is trigger]
        chosen = windows.of(trigger)
        if not readers or not len(chosen.row):
            continue
        block = normalise_windows(text, chosen)
        walls = block.walls.tolist()
        starts = _starts(block.text, readers)
        for reader in readers:
            yield from (finding for finding in _read(block, walls, starts, reader) if finding.score >= at_least)


def _starts(text: str, readers: list[Recogniser]) -> list[int]:
    """Where a pattern that begins with FIRST matches: one look for all of them, since most numbers are none."""
    forms = dict.fromkeys(p.after_first for reader in readers for p in reader.patterns if p.after_first is not None)
    if not forms:
        return []
    return [match.start() for match in re.finditer(f"{FIRST}(?={'|'.join(forms)})", text)]


def _matches(pattern: Pattern, text: str, starts: list[int]) -> Iterator[re.Match[str]]:
    """What `finditer` gives."""
    if pattern.after_first is None:
        yield from pattern.regex.finditer(text)
        return
    end = 0
    for start in starts:
        match = pattern.regex.match(text, start) if start >= end else None
        if match is not None:
            end = match.end()
            yield match


def _read(block: Block, walls: list[int], starts: list[int], recogniser: Recogniser) -> Iterator[Finding]:
    """What one recogniser finds in a block of windows."""
    for pattern in recogniser.patterns:
        group = "value" if "value" in pattern.regex.groupindex else 0
        for match in _matches(pattern, block.text, starts):
            first, last = match.span(group)
            window = bisect_left(walls, first)
            floor = walls[window - 1] + 1 if window else 0
            place = Place(
                block.text[first:last],
                block.text[max(floor, first - BEFORE) : first],
                block.text[last : min(walls[window], last + AFTER)],
            )
            if recogniser.refuse(place):
                continue
            named = is_named(recogniser, place.before)
            yield Finding(
                int(block.row[window]),
                int(block.start[first]),
                int(block.end[last - 1]),
                score(recogniser, pattern, place.value, named),
                recogniser.kind,
                recogniser.label,
            )


def is_named(recogniser: Recogniser, before: str) -> bool:
    """Whether the words before a match name its kind, and no nearer word names another."""
    own = max((match.end() for match in recogniser.context.finditer(before)), default=-1)
    if own < 0:
        return False
    kind, place = claim(before)
    return kind is recogniser.kind or place < own


def resolve(found: list[Finding]) -> list[Finding]:
    """Keeps, of overlapping findings, the one that wins by kinds.PRECEDENCE; sorted by row and start."""
    kept: list[Finding] = []
    group: list[Finding] = []  # findings that hang together; most stand alone
    row, end = -1, 0
    for finding in sorted(found):
        if finding.row != row or finding.start >= end:
            kept += group if len(group) < 2 else _winners(group)
            group, row, end = [], finding.row, 0
        group.append(finding)
        end = max(end, finding.end)
    return kept + (group if len(group) < 2 else _winners(group))


def _winners(group: list[Finding]) -> list[Finding]:
    """Findings of one row, the strongest first, each kept where no stronger one lies."""
    kept: list[Finding] = []
    taken: list[tuple[int, int]] = []
    for finding in sorted(group, key=lambda f: (f.score < SURE, RANK[f.kind], -f.score, f.start - f.end, f.start)):
        place = bisect_left(taken, (finding.start, finding.end))
        clear_left = place == 0 or taken[place - 1][1] <= finding.start
        clear_right = place == len(taken) or taken[place][0] >= finding.end
        if clear_left and clear_right:
            taken.insert(place, (finding.start, finding.end))
            kept.append(finding)
    return sorted(kept)
