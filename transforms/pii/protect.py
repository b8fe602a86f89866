"""Applies a policy to the text fields of documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from governance.records.schemas import SPAN
from transforms.pii.actions import plain_replacement
from transforms.pii.byline import bylines
from transforms.pii.kinds import Kind
from transforms.pii.policy import Action, Link, PiiPolicy
from transforms.pii.rewrite import Replacement, count_kinds, rewrite
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
        fields={name: rewrite(column, replacer.by_row(column, found[name])) for name, column in fields.items()},
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

    def by_row(self, column: pa.Array, found: list[Finding]) -> dict[int, list[Replacement]]:
        """Replacements of each row that has one."""
        rows: dict[int, list[Replacement]] = {}
        texts: dict[int, str] = {}
        for finding in found:
            action = self.policy.actions[finding.kind]
            if action is Action.KEEP:
                continue
            if finding.row not in texts:
                texts[finding.row] = column[finding.row].as_py()
            instead = self._instead(action, finding, texts[finding.row][finding.start : finding.end])
            rows.setdefault(finding.row, []).append((finding.start, finding.end, instead))
        return rows

    def _instead(self, action: Action, finding: Finding, value: str) -> str:
        if action is not Action.PSEUDONYMISE:
            return plain_replacement(action, finding.kind, value)
        scope = "" if self.policy.link is Link.SOURCE else self.doc_ids[finding.row]
        return surrogate(finding.kind, value, secret(self.key, scope, finding.kind, value))


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
