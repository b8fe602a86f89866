"""Malmoi's recognisers in any Presidio deployment: a ready registry, and Kiwi as the NLP engine.

    registry, engine = presidio_registry(), KiwiNlpEngine()
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["ko"])
    analyzer.analyze("전화 010-2345-6789", language="ko")

Nothing is fetched: Presidio's own e-mail recogniser loads a suffix list from the network, so it is not in the registry.
The batch path does not import this module.
"""

# ruff: noqa: ARG002 (Presidio's interface names the arguments)

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

import pyarrow as pa
from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

from transforms.pii.kinds import Kind
from transforms.pii.name import LABEL as NAME_LABEL
from transforms.pii.registry import RECOGNISERS
from transforms.pii.scan import scan

LANGUAGE = "ko"
# Presidio's own names where it has them, so that its anonymiser's configuration carries over.
ENTITY: dict[Kind, str] = {
    Kind.RESIDENT_NUMBER: "KR_RRN",
    Kind.FOREIGNER_NUMBER: "KR_FRN",
    Kind.PASSPORT: "KR_PASSPORT",
    Kind.DRIVER_LICENCE: "KR_DRIVER_LICENSE",
    Kind.BUSINESS_NUMBER: "KR_BRN",
    Kind.CORPORATE_NUMBER: "KR_CORPORATE_NUMBER",
    Kind.HEALTH_INSURANCE: "KR_HEALTH_INSURANCE",
    Kind.CUSTOMS_CODE: "KR_CUSTOMS_CODE",
    Kind.ACCOUNT: "KR_BANK_ACCOUNT",
    Kind.CARD: "CREDIT_CARD",
    Kind.PHONE: "PHONE_NUMBER",
    Kind.EMAIL: "EMAIL_ADDRESS",
    Kind.HANDLE: "HANDLE",
    Kind.URL: "URL",
    Kind.IP_ADDRESS: "IP_ADDRESS",
    Kind.MAC_ADDRESS: "MAC_ADDRESS",
    Kind.PLATE: "KR_VEHICLE_PLATE",
    Kind.BIRTH_DATE: "DATE_OF_BIRTH",
    Kind.AGE: "AGE",
    Kind.ADDRESS: "KR_ADDRESS",
    Kind.POSTAL_CODE: "KR_POSTAL_CODE",
    Kind.POSITION: "GPS_POSITION",
    Kind.MEMBER_NUMBER: "MEMBER_NUMBER",
    Kind.CASE_NUMBER: "KR_CASE_NUMBER",
    Kind.NAME: "PERSON",
    Kind.ORGANISATION: "ORGANIZATION",
}


class MalmoiRecognizer(EntityRecognizer):
    """One kind of Malmoi's as a Presidio recogniser; its scores are per mille divided by a thousand."""

    def __init__(self, kind: Kind, label: str) -> None:
        self.kind, self.label = kind, label
        name, version = label.split("@")
        super().__init__(
            supported_entities=[ENTITY[kind]], name=f"Malmoi {name}", supported_language=LANGUAGE, version=version
        )

    def load(self) -> None:
        """Does nothing: tables are read when they are first used."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Spans of this kind; the artifacts are not needed."""
        if ENTITY[self.kind] not in entities:
            return []
        found = scan(pa.array([text], pa.large_string()), kinds=[self.kind]).to_pylist()
        return [self._result(row) for row in found]

    def _result(self, row: dict[str, Any]) -> RecognizerResult:
        share = row["score"] / 1000
        return RecognizerResult(
            ENTITY[self.kind],
            row["start"],
            row["end"],
            share,
            AnalysisExplanation(recognizer=self.label, original_score=share),
            {RecognizerResult.RECOGNIZER_NAME_KEY: self.label, RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id},
        )


class Word(str):
    """A token of Kiwi that looks like spaCy's where Presidio asks for `.text`."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The token itself."""
        return str(self)


class KiwiNlpEngine(NlpEngine):
    """Korean morphemes from Kiwi, for recognisers of a deployment's own that want tokens and lemmas."""

    engine_name = "kiwi"

    def __init__(self) -> None:
        self._kiwi: Any = None

    def load(self) -> None:
        """Loads Kiwi's model from its package (about 550 MB of memory)."""
        from kiwipiepy import Kiwi  # heavy: only a deployment that asks for tokens pays for it

        self._kiwi = Kiwi()

    def is_loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._kiwi is not None

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """Morphemes with their places, and dictionary forms as lemmas."""
        if not self.is_loaded():
            self.load()
        morphemes = self._kiwi.tokenize(text)
        return NlpArtifacts(
            entities=[],
            tokens=cast(Any, [Word(text[m.start : m.start + m.len]) for m in morphemes]),
            tokens_indices=[m.start for m in morphemes],
            lemmas=[m.lemma for m in morphemes],
            nlp_engine=self,
            language=language,
        )

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **kwargs: Any
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Each text with its artifacts, in order."""
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        """Never: Korean particles are morphemes of their own."""
        return False

    def is_punct(self, word: str, language: str) -> bool:
        """Whether a morpheme holds no letter and no digit."""
        return not any(sign.isalnum() for sign in word)

    def get_supported_entities(self) -> list[str]:
        """None: entities come from the recognisers."""
        return []

    def get_supported_languages(self) -> list[str]:
        """Korean."""
        return [LANGUAGE]


def presidio_registry() -> RecognizerRegistry:
    """A registry with every recogniser of Malmoi's, for language "ko"."""
    labels = {recogniser.kind: recogniser.label for recogniser in RECOGNISERS} | {Kind.NAME: NAME_LABEL}
    return RecognizerRegistry(
        recognizers=[MalmoiRecognizer(kind, label) for kind, label in labels.items()], supported_languages=[LANGUAGE]
    )
