"""Names of persons (성명), by the tagger, and what the tagger may not decide.

Source of truth: the tagger's training figures in benchmarks/quality/pii. Single letters (A, B) and circles (김○○)
that courts and papers put for a name are no findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

from transforms.pii.name_bounds import firms, is_body, is_doubtful, is_word, people
from transforms.pii.recogniser import SURE
from transforms.pii.tagger import SCALE, tag

LABEL = "name@2"
LENIENCE = 2 * SCALE  # also finds spans that lose to no name by up to two nats a sign; their score tells them apart
SLOPE = 100  # per mille a nat
# Score where name and no name weigh the same. The usual bound, 400, is two and a half nats below: on held-out training
# documents that gives persons in KLUE F1 .79 and forms .96, the best mean (.78 and .96 at 450, .79 and .95 at 350).
EVEN = 650
REPEATED, LEAST_REPEATED = 700, 3
_CASE = "사건명: "  # field of a court decision
_NAMELESS = re.compile(r"[A-Za-z]{1,2}|.*[○◯\u3007*×△□].*|[0-9\W_]+")


# What may be glued to a name: particles, the copula, titles and kinship. Anything else makes the "name" part of a word.
_GLUED = re.compile(
    r"(?:[은는이가을를의도만과와랑로아야여님씨군양옹측조공]|으로|에게|에서|에|한테|께|이랑|까지|부터|보다|처럼|마저|조차|라는|라고|라며|"
    r"인데|이다|이라|이며|이고|입니다|이에|이었|이였|였|라|임|및|등|외|전|현|고|간|대(?:표|통령|리|법|위)|의(?:원|장)|회장|사장|부(?:장|회|사)|"
    r"교수|기자|장관|차관|감독|선수|팀장|과장|차장|국장|실장|소장|원장|이사|전무|상무|주(?:무|임)|사(?:무|원)|판사|검사|변호|박사|선생|"
    r"여사|쌤|형|누나|언니|오빠|작가|배우|가수|아나|앵커|위원|시장|지사|군수|구청|총(?:리|장|재)|후보|당|지음|저|역|글|옮김|"
    r"부부|가족|어머|아버|엄마|아빠|할머|할아|모친|부친|드림|올림|배상|귀하|모(?![가-힣]{3})|때문|땜|때매|빼고|같은|인줄|던지|말고|비의|병장|행님|일행|란|류의|식|몰래|"
    r"캐릭|시리즈|출연|주연|연기|원작|정도|부모|명의)"
)


class NameSpan(NamedTuple):
    """One name: row, half-open code points, score per mille."""

    row: int
    start: int
    end: int
    score: int


def find_names(text: pa.Array, at_least: int = 1) -> Iterator[NameSpan]:
    """Names of a string column with scores from `at_least` to 990: best paths, and further mentions of sure ones."""
    by_row: dict[int, list[NameSpan]] = {}
    for row, start, end, margin in tag(text, LENIENCE).tolist():
        score = score_of(margin)
        if score >= at_least:
            by_row.setdefault(row, []).append(NameSpan(row, start, end, score))
    for row, spans in by_row.items():
        content = text[row].as_py()
        kept = persons(content, spans)
        yield from kept
        yield from repeated(content, kept)


def persons(text: str, spans: list[NameSpan]) -> list[NameSpan]:
    """The spans that can be names, each with one person, without those that the document calls a firm."""
    parts = [NameSpan(row, a, b, score) for row, start, end, score in spans for a, b in people(text, start, end)]
    kept = [s for s in parts if _can_be_name(text, s.start, s.end)]
    doubtful = {value for _, a, b, _ in kept if b - a >= LEAST_REPEATED and is_doubtful(value := text[a:b])}
    if not doubtful:
        return kept
    known = firms(text)
    refused = {value for value in doubtful if _in_firm(value, known)}
    return [s for s in kept if text[s.start : s.end] not in refused] if refused else kept


def _in_firm(value: str, known: set[str]) -> bool:
    return any(firm.startswith(value) or value.startswith(firm) for firm in known if len(firm) > 1)


def repeated(text: str, spans: list[NameSpan]) -> Iterator[NameSpan]:
    """Other places where a name of three signs and more, found with SURE, stands in the same document.

    One mention that is missed gives away what was replaced everywhere else.
    """
    known = {span.start for span in spans}
    sure = {text[s.start : s.end] for s in spans if s.score >= SURE and s.end - s.start >= LEAST_REPEATED}
    values = {value for value in sure if not is_word(value)}
    for value in sorted(values):
        start = text.find(value)
        while start >= 0:
            end = start + len(value)
            alone = start == 0 or not text[start - 1].isalnum()
            if alone and start not in known and _can_be_name(text, start, end):
                yield NameSpan(spans[0].row, start, end, REPEATED)
            start = text.find(value, end)


def _can_be_name(text: str, start: int, end: int) -> bool:
    """Whether no sign of the span, and nothing around it, says otherwise: `사건명: 구상금` is a claim, not a person."""
    if _NAMELESS.fullmatch(text, start, end) or text.startswith(_CASE, max(0, start - len(_CASE))):
        return False
    return _ends(text, end) and not is_body(text, start, end)


def _ends(text: str, end: int) -> bool:
    """Whether a name can end here: before a blank, a sign, or what may be glued to a name."""
    return not "가" <= text[end : end + 1] <= "힣" or _GLUED.match(text, end) is not None


def score_of(margin: int) -> int:
    """Per mille of a margin in 1/SCALE nats: EVEN at zero, SLOPE a nat, between 1 and 990."""
    return max(1, min(990, EVEN + margin * SLOPE // SCALE))
