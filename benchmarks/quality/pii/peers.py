"""Runs the field's other tools, each in its own virtual environment, over the same texts.

A driver reads JSON lines of texts on standard input and writes, per text, [[start, end, label], ...] in the gold sets'
labels, then one line with the seconds of processor time that detecting took.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transforms.pii.gold import Span

_LOOP = """
import json, sys, time
texts = [json.loads(line) for line in sys.stdin]
detect("전화 010-2345-6789")
begin = time.process_time()
found = [[[a, b, LABELS[k]] for k, a, b in detect(t) if k in LABELS] for t in texts]
seconds = time.process_time() - begin
for spans in found:
    print(json.dumps(spans))
print(json.dumps(seconds))
"""
_PRESIDIO_LABELS = {
    "KR_RRN": "RRN", "KR_FRN": "FRN", "KR_BRN": "BRN", "KR_DRIVER_LICENSE": "DRIVER", "KR_PASSPORT": "PASSPORT",
    "PHONE_NUMBER": "PHONE", "EMAIL_ADDRESS": "EMAIL", "CREDIT_CARD": "CARD", "KR_ACCOUNT": "ACCOUNT",
    "IP_ADDRESS": "IP", "URL": "URL",
}  # fmt: skip


@dataclass(frozen=True)
class Peer:
    """One tool: its folder under the peers' folder, its distribution, and a driver that defines detect and LABELS."""

    folder: str
    distribution: str
    driver: str

    def run(self, peers: Path, texts: Sequence[str]) -> tuple[list[list[Span]], float]:
        """(spans of each text, seconds of processor time). Overlaps are left as the tool gives them."""
        python = peers / self.folder / "bin" / "python"
        lines = "".join(json.dumps(text) + "\n" for text in texts)
        done = subprocess.run(
            [python, "-c", self.driver + _LOOP], input=lines, capture_output=True, text=True, check=True
        )
        *spans, seconds = [json.loads(line) for line in done.stdout.splitlines() if line[:1] in "[0123456789"]
        return [[Span(*span) for span in one] for one in spans], float(seconds)


PEERS = (
    Peer(
        "ko-pii",
        "ko-pii",
        """
from ko_pii import detect_all
LABELS = {"PERSON": "NAME", "RRN": "RRN", "FRN": "FRN", "PHONE": "PHONE", "EMAIL": "EMAIL", "ACCOUNT": "ACCOUNT",
          "ADDRESS": "ADDRESS", "VEHICLE": "PLATE", "PASSPORT": "PASSPORT", "IP": "IP", "CARD": "CARD",
          "DT_BIRTH": "DOB", "BUSINESS_REG": "BRN", "CORP_REG": "CORP", "DRIVER_LICENSE": "DRIVER",
          "POSTAL_CODE": "POSTAL", "URL": "URL", "AGE": "AGE"}
def detect(text):
    return [(r.label, r.start, r.end) for r in detect_all(text)]
""",
    ),
    Peer(
        "ko-pii-guard",
        "ko-pii-guard",
        f"""
from ko_pii_guard import KoreanPIIGuard
LABELS = {_PRESIDIO_LABELS!r}
guard = KoreanPIIGuard()
def detect(text):
    return [(f.entity, f.start, f.end) for f in guard.analyze(text)]
""",
    ),
    Peer(
        "presidio-analyzer",
        "presidio-analyzer",
        f"""
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine
from presidio_analyzer.predefined_recognizers import (CreditCardRecognizer, IpRecognizer, KrBrnRecognizer,
    KrDriverLicenseRecognizer, KrFrnRecognizer, KrPassportRecognizer, KrRrnRecognizer, PhoneRecognizer)
from presidio_analyzer import Pattern, PatternRecognizer
LABELS = {_PRESIDIO_LABELS!r}
kinds = [KrBrnRecognizer, KrDriverLicenseRecognizer, KrFrnRecognizer, KrPassportRecognizer, KrRrnRecognizer]
mail = PatternRecognizer("EMAIL_ADDRESS", supported_language="ko",
    patterns=[Pattern("mail", r"[\\w.+-]+@[\\w-]+[.][\\w.-]+", 0.8)])
all_of_them = [k(supported_language="ko") for k in kinds] + [CreditCardRecognizer(supported_language="ko"),
    IpRecognizer(supported_language="ko"), PhoneRecognizer(supported_language="ko", supported_regions=["KR"]), mail]
engine = AnalyzerEngine(registry=RecognizerRegistry(recognizers=all_of_them, supported_languages=["ko"]),
    nlp_engine=NoOpNlpEngine([dict(lang_code="ko", model_name="none")]), supported_languages=["ko"])
def detect(text):
    return [(r.entity_type, r.start, r.end) for r in engine.analyze(text, language="ko", score_threshold=0.35)]
""",
    ),
    Peer(
        "korean-pii",
        "korean-pii",
        """
from korean_pii import detect as find
LABELS = {"rrn": "RRN", "phone": "PHONE", "card": "CARD", "email": "EMAIL", "account": "ACCOUNT",
          "passport": "PASSPORT", "driver_license": "DRIVER"}
def detect(text):
    return [(d.type, d.start, d.end) for d in find(text)]
""",
    ),
    Peer(
        "scrubadub",
        "scrubadub",
        """
import scrubadub
LABELS = {"phone": "PHONE", "email": "EMAIL", "credit_card": "CARD", "url": "URL"}
scrubber = scrubadub.Scrubber(locale="ko_KR")
def detect(text):
    return [(f.type, f.beg, f.end) for f in scrubber.iter_filth(text)]
""",
    ),
    Peer(
        "kiwi",
        "kiwipiepy",
        """
from kiwipiepy import Kiwi
LABELS = {"NNP": "NAME"}
kiwi = Kiwi()
def detect(text):
    return [(t.tag, t.start, t.start + t.len) for t in kiwi.tokenize(text)]
""",
    ),
)
