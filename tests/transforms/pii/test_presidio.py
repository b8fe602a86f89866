"""Presidio runs with our recognisers, offline, and finds what the batch path finds."""

from __future__ import annotations

import pytest

presidio_analyzer = pytest.importorskip("presidio_analyzer")

from transforms.pii.kinds import Kind  # noqa: E402  (after the skip)
from transforms.pii.presidio import ENTITY, KiwiNlpEngine, presidio_registry  # noqa: E402

TEXT = "주민번호 900101-1234567, 전화 010-2345-6789으로, hong@example.com"


def test_an_analyzer_with_our_registry_finds_korean_identifiers() -> None:
    analyzer = presidio_analyzer.AnalyzerEngine(
        registry=presidio_registry(), nlp_engine=KiwiNlpEngine(), supported_languages=["ko"]
    )
    found = analyzer.analyze(TEXT, language="ko")
    assert {(r.entity_type, TEXT[r.start : r.end]) for r in found} >= {
        ("KR_RRN", "900101-1234567"),
        ("PHONE_NUMBER", "010-2345-6789"),
        ("EMAIL_ADDRESS", "hong@example.com"),
    }
    assert all(0 < r.score <= 1 for r in found)


def test_every_kind_has_an_entity_name_of_its_own() -> None:
    assert set(ENTITY) == set(Kind)
    assert len(set(ENTITY.values())) == len(Kind)


def test_kiwi_gives_tokens_with_their_places() -> None:
    artifacts = KiwiNlpEngine().process_text("학교에 갔다", "ko")
    for token, place in zip(artifacts.tokens, artifacts.tokens_indices, strict=True):
        assert "학교에 갔다"[place : place + len(token.text)] == token.text
