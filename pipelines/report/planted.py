"""Planted against found: what a run did with the known ground truth of generated samples, every miss included.

A thing counts as found when the run did with it what it should: personal data and broken items are found, copies are
dropped or marked, poor documents are dropped, and numbers that are nobody's and letters of a template are left alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from governance.records.errors import ErrorCode

Row = Mapping[str, Any]
# True: as it should be. False: a miss. None: not to be judged, since the document left before that stage.
Verdict = bool | None

DEDUPLICATE = "deduplicate"
_COVERED_AT_LEAST = 0.5  # of a planted value, by one span of its kind

# Kinds as the samples name them to the kinds of spans that find them. A number that is destroyed or masked under its
# neighbour's name (a resident number whose seventh digit is hidden) has been found.
FOUND_AS: dict[str, frozenset[str]] = {
    "rrn": frozenset({"resident_number", "foreigner_number"}),
    "frn": frozenset({"resident_number", "foreigner_number"}),
    "driver": frozenset({"driver_licence"}),
    "brn": frozenset({"business_number"}),
    "corp": frozenset({"corporate_number"}),
    "customs": frozenset({"customs_code"}),
    "mobile": frozenset({"phone"}),
    "landline": frozenset({"phone"}),
    "url_id": frozenset({"url", "handle"}),
    "ip": frozenset({"ip_address"}),
    "mac": frozenset({"mac_address"}),
    "dob": frozenset({"birth_date"}),
    "lot_address": frozenset({"address"}),
    "postal": frozenset({"postal_code"}),
    "gps": frozenset({"position"}),
    "student": frozenset({"member_number"}),
    "employee": frozenset({"member_number"}),
    "case": frozenset({"case_number"}),
}
# Sensitive sentences are found as what they speak of; the samples name it in the variant.
_SPEAKS_OF = {"criminal": "criminal_record"}
# Organisations stand in the negative sentences on purpose; finding them there is no mistake.
_NO_FALSE_ALARM = frozenset({"organisation"})
_EMPTY = frozenset({ErrorCode.EMPTY_TEXT.value, ErrorCode.NULL_TEXT.value, ErrorCode.EMPTY_ITEM.value})


def planted_vs_found(
    truth: Iterable[Row],
    documents: pa.Table,
    spans: pa.Table,
    decisions: pa.Table,
    broken: pa.Table,
    sentences: pa.Table,
) -> list[dict[str, Any]]:
    """Counts of planted and found for every (what, kind, variant), sorted, each with its misses.

    Args:
        truth: rows of `truth.jsonl` (samples/README.md). Rows of corpora that are no source of the run are left out.
        documents: doc_id, source, item (name), native_id and locator of every staged document; `destroyed`, as staged,
            where there is such a column: unique identifiers destroyed before any span was written.
        spans: schema SPAN, of the documents that were released.
        decisions: schema DECISION.
        broken: schema BROKEN and `item_name`.
        sentences: schema SENTENCE, of the documents that were released.

    Returns:
        Mappings of what, kind, variant, planted, found, withheld (planted in documents that left before the stage
        concerned) and misses, a list of {corpus, line}: which line of the truth, since a report holds no native id.
        `what: "document"` says how many of the documents that hold planted things were read at all.
    """
    outcome = _Outcome(documents, spans, decisions, broken, sentences)
    rows = [{**row, "line": n} for n, row in enumerate(truth, start=1) if row["corpus"] in outcome.sources]
    tally = _Tally()
    for row, verdict in [*_presence(rows, outcome), *_each(rows, outcome), *_groups(rows, outcome)]:
        tally.add(row, verdict)
    return tally.rows()


class _Outcome:
    """What the run did, looked up by document."""

    def __init__(
        self, documents: pa.Table, spans: pa.Table, decisions: pa.Table, broken: pa.Table, sentences: pa.Table
    ) -> None:
        self._documents = documents
        self._spans, self._decisions, self._sentences = spans, decisions, sentences
        self._broken = broken
        self.claimed: set[tuple[str, int]] = set()  # spans that account for a planted value already

    @cached_property
    def sources(self) -> set[str]:
        """Sources of which the run read or broke something."""
        return set(self._documents["source"].to_pylist()) | set(self._broken["source"].to_pylist())

    @cached_property
    def _by_id(self) -> dict[tuple[str, str, str], str]:
        keys = (self._documents[name].to_pylist() for name in ("source", "item", "native_id"))
        return dict(zip(zip(*keys, strict=True), self._documents["doc_id"].to_pylist(), strict=True))

    @cached_property
    def _by_item(self) -> dict[tuple[str, str], str]:
        keys = (self._documents[name].to_pylist() for name in ("source", "item"))
        return dict(zip(zip(*keys, strict=True), self._documents["doc_id"].to_pylist(), strict=True))

    def document(self, row: Row) -> str | None:
        """Id of the document that a row of the truth is about; None when no such document was staged."""
        if row["native_id"] is None:
            return self._by_item.get((row["corpus"], row["item"]))
        return self._by_id.get((row["corpus"], row["item"], row["native_id"]))

    @cached_property
    def lost(self) -> dict[str, set[tuple[str, str]]]:
        """doc_id to the (stage, outcome) of every decision but `kept` and `cut`, after which it stays."""
        found = defaultdict(set)
        stays = pc.is_in(self._decisions["outcome"], value_set=pa.array(["kept", "cut"]))
        table = self._decisions.filter(pc.invert(stays))
        columns = (table[name].to_pylist() for name in ("doc_id", "stage", "outcome"))
        for doc_id, stage, result in zip(*columns, strict=True):
            found[doc_id].add((stage, result))
        return found

    def released(self, doc_id: str) -> bool:
        """Whether a document came through all stages."""
        return not any(result in ("dropped", "broken") for _, result in self.lost.get(doc_id, ()))

    def doubled(self, doc_id: str) -> bool:
        """Whether a document was dropped or marked as a duplicate."""
        return bool({(DEDUPLICATE, "dropped"), (DEDUPLICATE, "marked")} & self.lost.get(doc_id, set()))

    @cached_property
    def _span_rows(self) -> dict[tuple[str, str], list[tuple[int, int, int, str]]]:
        found = defaultdict(list)
        columns = (self._spans[name].to_pylist() for name in ("doc_id", "field", "start", "end", "kind"))
        for number, (doc_id, field, start, end, kind) in enumerate(zip(*columns, strict=True)):
            found[doc_id, field].append((number, start, end, kind))
        return found

    def spans(self, doc_id: str, field: str) -> list[tuple[int, int, int, str]]:
        """(number, start, end, kind) of the spans of a document's field, in order."""
        return self._span_rows.get((doc_id, field), [])

    @cached_property
    def _sentence_rows(self) -> dict[tuple[str, str, str], list[tuple[int, int]]]:
        found = defaultdict(list)
        columns = (self._sentences[name].to_pylist() for name in ("doc_id", "field", "category", "start", "end"))
        for doc_id, field, category, start, end in zip(*columns, strict=True):
            found[doc_id, field, category].append((start, end))
        return found

    def sentences(self, doc_id: str, field: str, category: str) -> list[tuple[int, int]]:
        """(start, end) of the sentences of a document's field that speak of a category."""
        return self._sentence_rows.get((doc_id, field, category), [])

    @cached_property
    def destroyed(self) -> dict[str, Counter[str]]:
        """doc_id to the unique identifiers destroyed in it that no planted value accounts for yet."""
        if "destroyed" not in self._documents.column_names:
            return {}
        rows = zip(self._documents["doc_id"].to_pylist(), self._documents["destroyed"].to_pylist(), strict=True)
        return {doc_id: Counter({e["kind"]: e["count"] for e in entries}) for doc_id, entries in rows if entries}

    @cached_property
    def broken(self) -> dict[tuple[str, str], set[str]]:
        """(source, item) to the codes of what broke in it."""
        found = defaultdict(set)
        columns = (self._broken[name].to_pylist() for name in ("source", "item_name", "code"))
        for source, item, code in zip(*columns, strict=True):
            found[source, item].add(code)
        for place, code in self._broken_by_decision():
            found[place].add(code)
        return found

    def _broken_by_decision(self) -> Iterator[tuple[tuple[str, str], str]]:
        """What only shows once all of a source is read, such as an id used twice, is a decision on a document."""
        places = {doc_id: place for place, doc_id in self._by_item.items()}
        places |= {doc_id: place[:2] for place, doc_id in self._by_id.items()}
        table = self._decisions.filter(pc.equal(self._decisions["outcome"], "broken"))
        for doc_id, code in zip(table["doc_id"].to_pylist(), table["code"].to_pylist(), strict=True):
            if doc_id in places and code is not None:
                yield places[doc_id], code

    def codes(self, row: Row) -> set[str]:
        """Error codes met in the item of a row."""
        return self.broken.get((row["corpus"], row["item"]), set())


def _presence(rows: Iterable[Row], outcome: _Outcome) -> Iterator[tuple[Row, Verdict]]:
    """Whether each document that holds something was staged, or is known to be broken."""
    seen = {}
    for row in rows:
        if row["what"] != "broken":
            seen[row["corpus"], row["item"], row["native_id"]] = row
    for row in seen.values():
        read = outcome.document(row) is not None or bool(outcome.codes(row))
        yield {**row, "what": "document", "kind": "read", "variant": row["corpus"]}, read


def _each(rows: Iterable[Row], outcome: _Outcome) -> Iterator[tuple[Row, Verdict]]:
    """Verdicts on what can be judged by itself; values are taken in the order in which they stand."""
    for row in sorted(rows, key=lambda r: (r["corpus"], r["item"], r["native_id"] or "", r["field"], r["start"])):
        judge = _JUDGES.get(row["what"])
        if judge is not None:
            yield row, judge(row, outcome.document(row), outcome)


def _personal(row: Row, doc_id: str | None, outcome: _Outcome) -> Verdict:
    if doc_id is None:
        return None
    if row["kind"] == "sensitive":
        return _spoken_of(row, doc_id, outcome)
    kinds = FOUND_AS.get(row["kind"], frozenset({row["kind"]}))
    if row["field"] == "text" and _destroyed(doc_id, kinds, outcome):
        return True
    if not outcome.released(doc_id):
        return None
    for number, start, end, kind in outcome.spans(doc_id, row["field"]):
        if kind in kinds and (doc_id, number) not in outcome.claimed and _covers(row, start, end):
            outcome.claimed.add((doc_id, number))
            return True
    return False


def _spoken_of(row: Row, doc_id: str, outcome: _Outcome) -> Verdict:
    """Whether a sentence of the category covers what was planted; one sentence may hold two such things."""
    if not outcome.released(doc_id):
        return None
    category = str(_SPEAKS_OF.get(row["variant"], row["variant"]))
    return any(_covers(row, *place) for place in outcome.sentences(doc_id, row["field"], category))


def _destroyed(doc_id: str, kinds: frozenset[str], outcome: _Outcome) -> bool:
    left = outcome.destroyed.get(doc_id, Counter())
    kind = next((kind for kind in sorted(kinds, key=lambda k: -left[k]) if left[kind] > 0), None)
    if kind is None:
        return False
    left[kind] -= 1
    return True


def _covers(row: Row, start: int, end: int) -> bool:
    """Whether [start, end) covers half of the planted value, moved by no more than its slack."""
    moved = min(max(start, row["start"] - row["slack"]), row["start"] + row["slack"])
    length = row["end"] - row["start"]
    return min(end, moved + length) - max(start, moved) >= _COVERED_AT_LEAST * length


def _nobodys(row: Row, doc_id: str | None, outcome: _Outcome) -> Verdict:
    if doc_id is None or not outcome.released(doc_id) or row["slack"]:
        return None  # where spans may have moved, a neighbour's span would pass for a false alarm
    return not any(
        kind not in _NO_FALSE_ALARM and start < row["end"] and end > row["start"]
        for _, start, end, kind in outcome.spans(doc_id, row["field"])
    )


def _template(_: Row, doc_id: str | None, outcome: _Outcome) -> Verdict:
    if doc_id is None or any(stage != DEDUPLICATE for stage, _ in outcome.lost.get(doc_id, ())):
        return None
    return not outcome.doubled(doc_id)


def _poor(row: Row, doc_id: str | None, outcome: _Outcome) -> Verdict:
    if doc_id is None:
        return bool(outcome.codes(row) & _EMPTY)
    return not outcome.released(doc_id)


def _unreadable(row: Row, _: str | None, outcome: _Outcome) -> Verdict:
    return bool(outcome.codes(row) & set(row["detail"]["codes"]))


_JUDGES: dict[str, Callable[[Row, str | None, _Outcome], Verdict]] = {
    "pii": _personal,
    "negative": _nobodys,
    "template": _template,
    "low_quality": _poor,
    "broken": _unreadable,
}


def _groups(rows: Iterable[Row], outcome: _Outcome) -> Iterator[tuple[Row, Verdict]]:
    """Verdicts on copies: of a group that reached Deduplicate, all but one must be dropped or marked."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["what"] in ("exact_duplicate", "near_duplicate"):
            groups[row["group"]].append(row)
    for _, members in sorted(groups.items()):
        yield from _copies(members, outcome)


def _copies(members: list[Row], outcome: _Outcome) -> Iterator[tuple[Row, Verdict]]:
    found: list[Row] = []
    left: list[Row] = []
    for row in members:
        doc_id = outcome.document(row)
        if doc_id is None or any(stage != DEDUPLICATE for stage, _ in outcome.lost.get(doc_id, ())):
            continue
        (found if outcome.doubled(doc_id) else left).append(row)
    if len(found) + len(left) < 2:
        yield members[-1], None
        return
    survivor = 1 if left else 0
    yield from ((row, True) for row in found[: len(found) + len(left) - 1])
    yield from ((row, False) for row in left[survivor:])


@dataclass
class _Counts:
    planted: int = 0
    found: int = 0
    withheld: int = 0


class _Tally:
    """Counts and misses by (what, kind, variant)."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], _Counts] = defaultdict(_Counts)
        self._misses: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)

    def add(self, row: Row, verdict: Verdict) -> None:
        """Counts one verdict."""
        key = (row["what"], row["kind"], row["variant"])
        counts = self._counts[key]
        counts.planted += verdict is not None
        counts.found += verdict is True
        counts.withheld += verdict is None
        if verdict is False:
            self._misses[key].append({name: row[name] for name in ("corpus", "line")})

    def rows(self) -> list[dict[str, Any]]:
        """One mapping a key, sorted."""
        return [
            {
                "what": what,
                "kind": kind,
                "variant": variant,
                **vars(counts),
                "misses": self._misses[what, kind, variant],
            }
            for (what, kind, variant), counts in sorted(self._counts.items())
        ]
