"""Applies a policy to the text fields of documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import pyarrow as pa

from governance.records.schemas import SPAN
from transforms.pii.actions import plain_replacement
from transforms.pii.byline import bylines
from transforms.pii.kinds import Kind
from transforms.pii.policy import Action, Link, PiiPolicy
from transforms.pii.rewrite import count_kinds, replace_rows, replace_spans
from transforms.pii.scan import Finding, findings, resolve
from transforms.pii.surrogates import secret, surrogate

BYLINE = "author"
KEY_BYTES = 16  # at least; HMAC-SHA256 takes any length


@dataclass(frozen=True)
class Protected:
    """What protecting gives back.

    Attributes:
        fields: the same names and types as given, spans replaced.
        spans: schema SPAN; offsets count code points of the field as given; never the value.
        counts: per row a list of {kind, count} over all fields, what is kept included.
    """

    fields: dict[str, pa.Array]
    spans: pa.Table
    counts: pa.Array


def protect(fields: Mapping[str, pa.Array], doc_ids: pa.Array, *, policy: PiiPolicy, key: bytes) -> Protected:
    """Finds personal information in every field and does what the policy says.

    Args:
        fields: name (text, title, url, author) → string or large_string, one entry a document; nulls stay null.
        doc_ids: of the documents; they separate the pseudonyms of documents unless the policy links a source.
        key: the source's key of this epoch, at least KEY_BYTES long.

    Raises:
        ValueError: the columns differ in length, or the key is too short.
    """
    if len(key) < KEY_BYTES:
        raise ValueError(f"pseudonym key: {len(key)} bytes, needs at least {KEY_BYTES}")
    short = [name for name, column in fields.items() if len(column) != len(doc_ids)]
    if short:
        raise ValueError(f"fields with another number of rows than doc_ids: {', '.join(short)}")
    found = {name: _find(name, column, policy) for name, column in fields.items()}
    names = doc_ids.to_pylist()
    replacer = _Replacer(policy, key, names)
    spans = [(name, finding) for name, batch in found.items() for finding in batch]
    return Protected(
        fields={name: replacer.rewritten(column, found[name]) for name, column in fields.items()},
        spans=_span_table(spans, names, policy),
        counts=count_kinds([f.row for _, f in spans], [f.kind.value for _, f in spans], len(doc_ids)),
    )


def _find(name: str, column: pa.Array, policy: PiiPolicy) -> list[Finding]:
    found = list(findings(column, policy.actions.keys(), policy.at_least))
    if name == BYLINE and Kind.NAME in policy.actions:
        found += [finding for finding in bylines(column) if finding.score >= policy.at_least]
    return resolve(found)


@dataclass(frozen=True)
class _Replacer:
    policy: PiiPolicy
    key: bytes
    doc_ids: list[str]

    def rewritten(self, column: pa.Array, found: list[Finding]) -> pa.Array:
        """The column with what was found in it replaced; each row becomes a Python string once."""
        replaced = [f for f in found if self.policy.actions[f.kind] is not Action.KEEP]
        values = {}
        for row, group in groupby(replaced, key=attrgetter("row")):
            values[row] = self._rewritten(column[row].as_py(), list(group), self.doc_ids[row])
        return replace_rows(column, values)

    def _rewritten(self, text: str, found: list[Finding], doc_id: str) -> str:
        # A document names the same people again and again.
        instead: dict[tuple[Kind, str], str] = {}
        spans = []
        for finding in found:
            known = (finding.kind, text[finding.start : finding.end])
            if known not in instead:
                instead[known] = self._instead(*known, doc_id)
            spans.append((finding.start, finding.end, instead[known]))
        return replace_spans(text, spans)

    def _instead(self, kind: Kind, value: str, doc_id: str) -> str:
        action = self.policy.actions[kind]
        if action is not Action.PSEUDONYMISE:
            return plain_replacement(action, kind, value)
        scope = "" if self.policy.link is Link.SOURCE else doc_id
        return surrogate(kind, value, secret(self.key, scope, kind, value))


def _span_table(spans: list[tuple[str, Finding]], doc_ids: list[str], policy: PiiPolicy) -> pa.Table:
    ordered = sorted(spans, key=lambda s: (s[1].row, s[0], s[1].start))
    columns = [
        [doc_ids[f.row] for _, f in ordered],
        [name for name, _ in ordered],
        [f.kind.value for _, f in ordered],
        [f.start for _, f in ordered],
        [f.end for _, f in ordered],
        [f.score for _, f in ordered],
        [f.recogniser for _, f in ordered],
        [policy.actions[f.kind].value for _, f in ordered],
    ]
    return pa.table([pa.array(c, field.type) for c, field in zip(columns, SPAN, strict=True)], schema=SPAN)
