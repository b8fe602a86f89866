"""How far the quasi-identifiers of one document, taken together, narrow down whom it is about.

Score: bits of identifying information, the sum over the attributes that a document still shows of log2(people in
Korea / people who share a value of that attribute, on average). With n bits a person is one of N / 2^n; a bound of
log2(N / k) asks for about k people who fit. Summing takes the attributes as independent, which overstates, so it errs
towards protection.

Source: surprisal as a measure of identification, Eckersley, "How Unique Is Your Web Browser?" (PETS 2010), section 3;
birth date, sex and district as the classic combination, Sweeney, "k-anonymity" (2002) and Golle, "Revisiting the
Uniqueness of Simple Demographics" (2006). Numbers: resident population 51.2 million (MOIS, 2024-12), 229 districts,
34,000 postal codes, 22.3 million households (KOSIS 2024), KSCO-7 with 156 minor groups of occupations, the 2015
census for names. docs/decisions/pii-combination.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.pii.kinds import PIPA_CLASS, Kind, PipaClass
from transforms.pii.policy import GENERALISED, Action, PiiPolicy
from transforms.pii.protect import Protected, protect

PEOPLE = 51_217_221
WHOLE = log2(PEOPLE)  # points at one person

# People who share a value, on average, of what a kind still shows under an action; what is not here shows nothing.
_SHARE: dict[tuple[Kind, Action], float] = {
    (Kind.BIRTH_DATE, Action.KEEP): PEOPLE / (80 * 365.25),
    (Kind.BIRTH_DATE, Action.GENERALISE): PEOPLE / 80,
    (Kind.AGE, Action.KEEP): PEOPLE / 80,
    (Kind.AGE, Action.GENERALISE): PEOPLE / 9,
    (Kind.ADDRESS, Action.KEEP): PEOPLE / 22.3e6,
    (Kind.ADDRESS, Action.GENERALISE): PEOPLE / 229,
    (Kind.POSTAL_CODE, Action.KEEP): PEOPLE / 34_000,
    (Kind.POSITION, Action.KEEP): PEOPLE / 22.3e6,
    (Kind.ORGANISATION, Action.KEEP): 300,  # a large firm by law has 300 people and more
    (Kind.NAME, Action.KEEP): 4_000,
}
_RARE_NAME = 10.0  # people of one full name with a surname outside the hundred commonest
BITS = {key: log2(PEOPLE / share) for key, share in _SHARE.items()}
SEX_BITS, OCCUPATION_BITS = 1.0, log2(156)
_SEX = r"성별\s*[:：]?\s*[남여]|[(,/·]\s*(?:남|여)(?:성|자)?\s*[),/·]|\b(?:남|여)(?:성|자)\s*[,(]?\s*\d{1,3}\s*세"
_OCCUPATION = r"직업\s*[:：]\s*\S|직위\s*[:：]\s*\S|직책\s*[:：]\s*\S|(?:에서|에)\s*(?:근무|재직|종사)(?:하|중|했)"
_COMMON = frozenset(
    "김이박최정강조윤장임한오서신권황안송류홍전고문양손배백허유남심노하곽성차주우구민진나엄채원천방공현함변염여추도소석선설마길연위표명"
    "기반왕금옥육인맹제모탁국은편용"
)
# What may be coarser still in a document that shows too much.
QUASI = (Kind.BIRTH_DATE, Kind.AGE, Kind.ADDRESS, Kind.POSTAL_CODE, Kind.POSITION, Kind.ORGANISATION)


@dataclass(frozen=True)
class Limit:
    """Most bits that a document may show, and what is done with one that shows more."""

    bound: float
    then: Literal["generalise", "drop"] = "generalise"


@dataclass(frozen=True)
class Limited:
    """Documents under a limit.

    Attributes:
        protected: of every document, those to be dropped included.
        before, after: bits of each, float64, as the policy leaves it and as it is now.
        dropped: bool, one a document.
    """

    protected: Protected
    before: np.ndarray
    after: np.ndarray
    dropped: np.ndarray


def bits_of(fields: Mapping[str, pa.Array], doc_ids: Sequence[str], spans: pa.Table) -> np.ndarray:
    """Bits that each document shows.

    Args:
        fields: as they were before protecting.
        spans: schema SPAN, of these documents.
    """
    place = {doc_id: row for row, doc_id in enumerate(doc_ids)}
    shown: list[dict[Kind, float]] = [{} for _ in doc_ids]
    for span in spans.select(["doc_id", "field", "kind", "start", "end", "action"]).to_pylist():
        kind, row = Kind(span["kind"]), place[span["doc_id"]]
        shown[row][kind] = max(shown[row].get(kind, 0.0), _bits(kind, Action(span["action"]), fields, row, span))
    text = fields["text"]
    sex = pc.fill_null(pc.match_substring_regex(text, _SEX), False).to_numpy(zero_copy_only=False)
    occupation = pc.fill_null(pc.match_substring_regex(text, _OCCUPATION), False).to_numpy(zero_copy_only=False)
    return np.array([sum(kinds.values()) for kinds in shown]) + sex * SEX_BITS + occupation * OCCUPATION_BITS


def _bits(kind: Kind, action: Action, fields: Mapping[str, pa.Array], row: int, span: Mapping[str, Any]) -> float:
    if action is Action.KEEP and kind is Kind.NAME:
        name = fields[span["field"]][row].as_py()[span["start"] : span["end"]]
        return BITS[kind, action] if name[:1] in _COMMON else log2(PEOPLE / _RARE_NAME)
    if action is Action.KEEP and PIPA_CLASS[kind] is PipaClass.IDENTIFIER and (kind, action) not in BITS:
        return WHOLE
    return BITS.get((kind, action), 0.0)


def coarser(policy: PiiPolicy) -> tuple[PiiPolicy, PiiPolicy]:
    """The policy with every quasi-identifier generalised, and with every one destroyed."""
    once = {k: Action.GENERALISE if k in GENERALISED else Action.DESTROY for k in QUASI if k in policy.actions}
    first = {k: a for k, a in once.items() if policy.actions[k] is Action.KEEP}
    return (
        replace(policy, actions={**policy.actions, **first}),
        replace(policy, actions={**policy.actions, **dict.fromkeys(once, Action.DESTROY)}),
    )


def limit(
    fields: Mapping[str, pa.Array], doc_ids: pa.Array, safe: Protected, how: Limit, *, policy: PiiPolicy, key: bytes
) -> Limited:
    """Protects documents that show more than the limit again, more coarsely; what still shows more is to be dropped.

    Args:
        safe: what `protect` made of these fields under this policy.
    """
    names = doc_ids.to_pylist()
    before = bits_of(fields, names, safe.spans)
    after = before.copy()
    for stricter in coarser(policy) if how.then == "generalise" else ():
        over = np.flatnonzero(after > how.bound)
        if not len(over):
            break
        rows = pa.array(over)
        mine = {name: column.take(rows) for name, column in fields.items()}
        again = protect(mine, doc_ids.take(rows), policy=stricter, key=key)
        safe = _merged(safe, again, over, [names[row] for row in over])
        after[over] = bits_of(mine, [names[row] for row in over], again.spans)
    return Limited(safe, before, after, after > how.bound)


def _merged(safe: Protected, again: Protected, rows: np.ndarray, names: Sequence[str]) -> Protected:
    """`safe` with some rows as `again` has them."""
    mask = np.zeros(len(safe.counts), bool)
    mask[rows] = True
    fields = {
        name: pc.replace_with_mask(column, pa.array(mask), again.fields[name]) for name, column in safe.fields.items()
    }
    others = safe.spans.filter(pc.invert(pc.is_in(safe.spans["doc_id"], value_set=pa.array(names))))
    return Protected(fields, pa.concat_tables([others, again.spans]), safe.counts)
