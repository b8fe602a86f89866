"""Which part of a released text stands where a span of the staged one was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from transforms.pii.actions import PLACEHOLDERS, plain_replacement
from transforms.pii.kinds import Kind
from transforms.pii.policy import Action


class Piece(NamedTuple):
    """A stretch of text, and the span that it is of (None between spans)."""

    text: str
    span: Mapping[str, Any] | None = None


def pieces_of(text: str, spans: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """A text cut at its spans (sorted, none overlapping another)."""
    pieces, done = [], 0
    for span in spans:
        pieces += [Piece(text[done : span["start"]]), Piece(text[span["start"] : span["end"]], span)]
        done = span["end"]
    return [piece for piece in [*pieces, Piece(text[done:])] if piece.text]


def align(before: str, spans: Sequence[Mapping[str, Any]], after: str) -> list[Piece] | None:
    """The released text cut where `before` is cut; None where it is not `before` with these spans replaced.

    Two spans that touch are told apart where one of them keeps its length, as nearly all do. What stands between spans
    is the same in both, so a replacement ends where the next such stretch begins; what a
    span was replaced by is known but for pseudonyms, whose length most often is that of the value.
    """
    at = 0
    pieces: list[Piece] = []
    borders = [*spans, {"start": len(before), "end": len(before)}]
    first = before[: borders[0]["start"]]
    if not after.startswith(first):
        return None
    pieces.append(Piece(first))
    at = len(first)
    for span, following in zip(spans, borders[1:], strict=False):
        gap = before[span["end"] : following["start"]]
        last = following is borders[-1]
        ends = [len(after) - len(gap)] if last and after.endswith(gap) else _ends(before, span, after, at, gap)
        end = next((e for e in ends if at <= e), None)
        if end is None:
            return None
        pieces += [Piece(after[at:end], span), Piece(gap)]
        at = end + len(gap)
    return [piece for piece in pieces if piece.text] if at == len(after) else None


def _ends(before: str, span: Mapping[str, Any], after: str, at: int, gap: str) -> Iterator[int]:
    """Places where a replacement that begins at `at` may end, the likeliest first."""
    value = before[span["start"] : span["end"]]
    for end in (at + len(_likely(span, value)), at + len(value)):
        if end <= len(after) and after.startswith(gap, end):
            yield end
    end = after.find(gap, at) if gap else -1
    while end >= 0:
        yield end
        end = after.find(gap, end + 1)


def _likely(span: Mapping[str, Any], value: str) -> str:
    action = Action(span["action"])
    if action in (Action.KEEP, Action.PSEUDONYMISE) or span["kind"] not in PLACEHOLDERS:
        return value
    return plain_replacement(action, Kind(span["kind"]), value)


def after_cuts(text: str, cuts: Sequence[tuple[int, int]]) -> str:
    """The text as Protect read it: without the passages that were cut, and the blanks that they leave at its ends.

    Args:
        cuts: half-open code points of the text, as the ledger has them; they may overlap.
    """
    if not cuts:
        return text
    parts, done = [], 0
    for start, end in sorted(cuts):
        parts.append(text[done : max(start, done)])
        done = max(done, end)
    return "".join([*parts, text[done:]]).strip()
