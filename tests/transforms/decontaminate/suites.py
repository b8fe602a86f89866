"""Invented benchmark items, and ways to disguise one."""

from __future__ import annotations

import random
import re

import pyarrow as pa

from transforms.decontaminate.items import Items

NOUNS = [
    "바람",
    "강물",
    "소년",
    "시장",
    "기차",
    "창문",
    "겨울",
    "노래",
    "편지",
    "고양이",
    "할머니",
    "마을",
    "우산",
    "별빛",
    "부엌",
    "항구",
]
PLACES = ["언덕", "골목", "정거장", "도서관", "바닷가", "운동장", "다락방", "시골집"]
VERBS = ["기다렸다", "바라보았다", "지나갔다", "잊어버렸다", "찾아냈다", "노래하였다", "두드렸다", "떠올렸다"]
PARTICLES = dict(
    pair.split(":")
    for pair in ["은:는", "는:은", "이:가", "가:이", "을:를", "를:을", "에서:에", "에:에서", "의:", "와:과"]
)


def sentence(rng: random.Random) -> str:
    a, b, c = rng.sample(NOUNS, 3)
    return f"{a}의 {b}는 {rng.choice(PLACES)}에서 {c}를 {rng.choice(VERBS)}"


def passage(rng: random.Random, sentences: int) -> str:
    return ". ".join(sentence(rng) for _ in range(sentences)) + "."


def items(count: int, *, suite: str = "bench", seed: int = 1, sentences: int = 3) -> Items:
    rng = random.Random(seed)
    texts = [f"{k}번째 문제. " + passage(rng, sentences) for k in range(count)]
    return Items(suite, tuple(f"q{k}" for k in range(count)), pa.array(texts, pa.large_string()))


def respaced(text: str, rng: random.Random) -> str:
    kept = "".join(sign for sign in text if sign != " " or rng.random() > 0.3)
    return "".join(sign + " " * (rng.random() < 0.1) for sign in kept)


def repunctuated(text: str, rng: random.Random) -> str:
    return re.sub(r"[.,!?]", lambda _: rng.choice(["", "…", "!", " · ", "\n"]), text)


def reparticled(text: str, rng: random.Random, share: float = 0.5) -> str:
    def change(match: re.Match[str]) -> str:
        word = match.group()
        for particle, other in PARTICLES.items():
            if len(word) > len(particle) + 1 and word.endswith(particle) and rng.random() < share:
                return word[: -len(particle)] + other
        return word

    return re.sub("[가-힣]+", change, text)
