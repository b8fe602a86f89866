"""Sentences put together from parts: a name with its particle and nothing else, and names written otherwise.

Kinds of names: Korean, foreign in Hangul, a surname alone before an office, letters apart (홍 길 동), in hanja.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from benchmarks.quality.pii.hanja import GIVEN_HANJA, SURNAME_HANJA
from benchmarks.quality.pii.invented import SURNAMES, Names
from benchmarks.quality.pii.templates import a_name

Example = tuple[str, list[tuple[int, int]]]
# Particles: after a vowel / after a consonant.
PARTICLES = (
    "는/은",
    "가/이",
    "를/을",
    "와/과",
    "의/의",
    "에게/에게",
    "께서/께서",
    "한테/한테",
    "도/도",
    "만/만",
    "랑/이랑",
    "로부터/으로부터",
)
TAILS = (
    "먼저 도착했다.",
    "회의에 나오지 않았다.",
    "그 사실을 알고 있었다.",
    "서류를 가져갔습니다.",
    "부탁을 받았어요.",
    "전화를 걸었다고 한다.",
    "이름을 다시 물었다.",
    "기억나지 않는다.",
    "함께 일한 지 오래되었다.",
    "말한 대로 하였다.",
    "집에 돌아왔다.",
    "책을 빌려주었다.",
    "화가 많이 났다",
    "정말 멋있었음",
    "나오는 장면이 좋다",
    "연기는 최고",
)
HEADS = (
    "",
    "",
    "어제 ",
    "그날 ",
    "그래서 ",
    "결국 ",
    "이번에는 ",
    "지난주 ",
    "나중에 ",
    "아까 ",
    "역시 ",
    "그리고 ",
    "사실 ",
)
LABELS = (
    "성명",
    "이름",
    "성 명",
    "신청인",
    "민원인",
    "대표자",
    "접수자",
    "보호자",
    "계약자",
    "예금주",
    "입금자",
    "수령인",
    "보내는 사람",
    "소유자",
    "운전자",
    "임차인",
    "임대인",
    "피보험자",
    "학부모",
    "환자",
    "주치의",
    "검사자",
    "확인자",
    "책임자",
    "강사",
    "조사자",
    "응답자",
    "회원",
    "근무자",
    "작성자",
    "승인자",
)
OFFICES = (
    "대표",
    "교수",
    "의원",
    "전 장관",
    "감독",
    "총장",
    "국장",
    "경위",
    "변호사",
    "위원장",
    "원장",
    "대통령",
    "코치",
    "사무총장",
)
CERTAIN = ("씨", " 씨", "모 씨", "모씨", "모(34)씨", " 모(51·여)씨", "모 씨(28)", "모군", "모(17)양")
ROLES = (" 씨", " 선생", " 위원", " 님", " 귀하", " 교수", " 주무관", " 과장", "(인)", " 외 2인")


def phrases(names: Names, count: int, seed: int) -> list[Example]:
    """Texts with names, `count` of them, in equal shares of each kind."""
    rng = random.Random(seed)
    kinds: Sequence[Callable[[Names, random.Random], list[tuple[str, bool]]]] = (_bare, _pair, _surname, _apart, _hanja)
    return [_joined(kinds[number % len(kinds)](names, rng)) for number in range(count)]


def _joined(parts: list[tuple[str, bool]]) -> Example:
    text, spans = "", []
    for part, is_name in parts:
        if is_name:
            spans.append((len(text), len(text) + len(part)))
        text += part
    return text, spans


def _bare(names: Names, rng: random.Random) -> list[tuple[str, bool]]:
    """A name and a particle."""
    name = a_name(names, rng)
    return [
        (rng.choice(HEADS), False),
        (name, True),
        (f"{particle(name, rng.choice(PARTICLES))} {rng.choice(TAILS)}", False),
    ]


def _pair(names: Names, rng: random.Random) -> list[tuple[str, bool]]:
    """Two names that a particle or a sign joins, mostly foreign ones."""
    make = names.foreign_name if rng.random() < 0.7 else names.korean_name
    one, two = make(rng), make(rng)
    between = rng.choice(
        (particle(one, "와 /과 "), particle(one, "랑 /이랑 "), ", ", "·", f"{particle(one, '가/이')} ", "(29)과 ")
    )
    tail = f"{particle(two, rng.choice(PARTICLES))} {rng.choice(TAILS)}"
    return [(rng.choice(HEADS), False), (one, True), (between, False), (two, True), (tail, False)]


def _surname(_: Names, rng: random.Random) -> list[tuple[str, bool]]:
    """A surname alone: 김 교수, 박씨, 이모(34)씨."""
    after = rng.choice(CERTAIN) if rng.random() < 0.6 else f" {rng.choice(OFFICES)}"
    tail = f"{particle(after, rng.choice(PARTICLES))} {rng.choice(TAILS)}"
    return [(rng.choice(HEADS), False), (rng.choice(SURNAMES[:40]), True), (after + tail, False)]


def _apart(names: Names, rng: random.Random) -> list[tuple[str, bool]]:
    """Letters apart, in a form, before an office or in a sentence."""
    name = rng.choice((" ", " ", "  ")).join(a_korean(names, rng))
    return _placed(name, rng)


def _hanja(names: Names, rng: random.Random) -> list[tuple[str, bool]]:
    """A name in hanja, or its hanja in brackets behind it."""
    hanja = rng.choice(SURNAME_HANJA[:60]) + "".join(rng.choice(GIVEN_HANJA) for _ in range(2))
    if rng.random() < 0.5:
        return _placed(hanja, rng)
    name = names.korean_name(rng)
    return [(rng.choice(HEADS), False), (name, True), ("(", False), (hanja, True), (f"){rng.choice(ROLES)}", False)]


def _placed(name: str, rng: random.Random) -> list[tuple[str, bool]]:
    if rng.random() < 0.5:
        return [(f"{rng.choice(LABELS)} : ", False), (name, True), (rng.choice(("", "\n", " (인)", " (서명)")), False)]
    return [(rng.choice(HEADS), False), (name, True), (f"{rng.choice(ROLES)} {rng.choice(TAILS)}", False)]


def a_korean(names: Names, rng: random.Random) -> str:
    """A Korean name of two to four syllables."""
    name = a_name(names, rng)
    return name if " " not in name and len(name) <= 4 else names.korean_name(rng)


def particle(word: str, pair: str) -> str:
    """The one of two forms, after a vowel / after a consonant, that agrees with the word's last syllable."""
    vowel, consonant = pair.split("/")
    last = ord(word[-1])
    return consonant if 0xAC00 <= last < 0xD7A4 and (last - 0xAC00) % 28 else vowel
