"""The snippets of docs/guide/pii.md do what the guide says."""

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide" / "pii.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def _run(snippet: str, **known: Any) -> dict[str, Any]:
    exec(compile(snippet, str(GUIDE), "exec"), known)
    return known


def _snippet(word: str) -> str:
    (found,) = [snippet for snippet in SNIPPETS if word in snippet]
    return found


def test_scanning_gives_spans() -> None:
    known = _run(_snippet("row, kind, start"), column=pa.array(["메일 a.b@c.kr"]))
    assert known["found"]["kind"].to_pylist() == ["phone"]


def test_acting_replaces_and_counts() -> None:
    texts = {"texts": pa.array(["전화 010-2600-4143"]), "titles": pa.array(["제목"])}
    known = _run(_snippet('"link": "source"'), **texts, doc_ids=pa.array(["d"]), key=b"k" * 32)
    assert known["protected"].fields["text"].to_pylist() == ["전화 ***-****-****"]


def test_the_python_call_scans_and_redacts_a_list() -> None:
    snippet = _snippet("at least sixteen bytes")
    lines = snippet.strip().splitlines()
    known = _run("\n".join([*lines[:-3], f"kinds = {lines[-3]}", lines[-2], f"safe = {lines[-1]}"]))
    assert known["kinds"] == ["phone", "name"]
    assert not any(value in " ".join(known["safe"]) for value in ("010-2600-4143", "홍길동"))


def test_presidio_finds_what_we_find() -> None:
    pytest.importorskip("presidio_analyzer")
    snippet = _snippet("presidio_registry").replace("AnalyzerEngine(registry", "engine = AnalyzerEngine(registry", 1)
    engine = _run(snippet)["engine"]
    found = engine.analyze("연락처 010-2600-4143", language="ko", entities=["PHONE_NUMBER"])
    assert [(f.entity_type, f.start, f.end) for f in found] == [("PHONE_NUMBER", 4, 17)]
