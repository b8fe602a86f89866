"""`malmoi pii scan | redact | eval` as they are typed."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.pii import pool
from pipelines.pii.pool import ordered_map, workers_for
from tests.end_to_end.commands import invoke

# Invented: the phone is of a range that is given to nobody, the numbers' birth dates are made up.
PHONE, RRN, NAME = "010-2600-4143", "900101-1234567", "홍길동"
TEXT = f"민원인 {NAME}({RRN})의 연락처는 {PHONE}입니다."
VALUES = (PHONE, RRN, NAME, "2600", "900101")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    record = {"id": "d-1", "text": TEXT, "title": f"{NAME} 님 귀하", "n": 1.5, "tags": ["a"]}
    (folder / "a.jsonl").write_text(json.dumps(record, ensure_ascii=False) + "\n\n" + json.dumps({"text": None}) + "\n")
    (folder / "sub" / "b.jsonl.gz").write_bytes(gzip.compress(json.dumps(record).encode()))
    pq.write_table(pa.table({"id": ["p-1", "p-2"], "text": [TEXT, "없음"], "n": [1, 2]}), folder / "c.parquet")
    (folder / "sub" / f"{NAME}.txt").write_text(TEXT, encoding="utf-8")
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_bytes(b"k" * 32)
    path.chmod(0o600)
    return path


def _spans(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_scan_says_where_and_what_but_never_the_value(files: Path) -> None:
    done = invoke("pii", "scan", str(files / "a.jsonl"))
    spans = _spans(done.out)
    assert [(s["kind"], TEXT[s["start"] : s["end"]]) for s in spans] == [
        ("name", NAME),
        ("resident_number", RRN),
        ("phone", PHONE),
    ]
    assert set(spans[0]) == {"doc", "field", "kind", "start", "end", "score", "recogniser", "keyword"}
    assert [s["keyword"] for s in spans] == [None, None, "연락처"] and spans[0]["doc"] == "a.jsonl#1"
    assert not any(value in done.out + done.err for value in VALUES)
    assert "MB/s" in done.err and "unique_id" in done.err


def test_every_kind_of_file_is_scanned_and_each_document_is_named(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "spans.jsonl"
    assert invoke("pii", "scan", str(files), "--out", str(out)).code == 0
    spans = _spans(out.read_text(encoding="utf-8"))
    assert {s["doc"] for s in spans} == {"a.jsonl#1", "c.parquet#1", "sub/b.jsonl.gz#1", f"sub/{NAME}.txt"}
    assert len(spans) == 4 * 3 and out.stat().st_mode & 0o077 == 0


def test_what_is_looked_for_can_be_chosen(files: Path) -> None:
    path = str(files / "a.jsonl")
    phones = _spans(invoke("pii", "scan", path, "--kind", "phone", "--id-column", "id", "--show").out)
    assert [(s["doc"], s["value"], s["before"][-3:], s["after"]) for s in phones] == [
        ("d-1", PHONE, "처는 ", "입니다.")
    ]
    titles = _spans(invoke("pii", "scan", path, "--text-column", "title", "--text-column", "text").out)
    assert [s["field"] for s in titles].count("title") == 1
    assert invoke("pii", "scan", path, "--at-least", "1000").out == ""
    recall = invoke("pii", "scan", path, "--operating-point", "recall")
    assert recall.code == 0 and len(_spans(recall.out)) >= 3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--kind", "fone"), "did you mean 'phone'?"),
        (("--operating-point", "recal"), "did you mean 'recall'?"),
        (("--operating-point", "recall", "--at-least", "300"), "give one"),
        (("--at-least", "1001"), "0 to 1000"),
    ],
)
def test_a_wrong_option_is_a_clear_error(files: Path, options: tuple[str, ...], says: str) -> None:
    failed = invoke("pii", "scan", str(files), *options)
    assert failed.code == 2 and says in failed.err


def test_places_that_cannot_be_read_end_in_a_failure_that_names_them(files: Path) -> None:
    with (files / "a.jsonl").open("a") as stream:
        stream.write("{broken\n")
    failed = invoke("pii", "scan", str(files / "a.jsonl"))
    assert failed.code == 1 and "a.jsonl, line 4: no JSON" in failed.err and len(_spans(failed.out)) == 3


def test_redacted_files_are_the_same_but_for_what_was_found(files: Path, key: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = invoke(
        "pii", "redact", str(files / "a.jsonl"), str(files / "c.parquet"), "--out", str(out), "--key-file", str(key),
        "--id-column", "id",
    )  # fmt: skip
    assert done.code == 0, done.err
    first, second = map(json.loads, (out / "a.jsonl").read_text(encoding="utf-8").splitlines())
    assert first == {"id": "d-1", "text": first["text"], "title": f"{NAME} 님 귀하", "n": 1.5, "tags": ["a"]}
    assert second == {"text": None}
    assert not any(value in first["text"] for value in VALUES) and "[주민등록번호]" in first["text"]
    assert "title" in done.err and "not read" in done.err
    table = pq.read_table(out / "c.parquet")
    assert table.schema == pq.read_schema(files / "c.parquet") and table["n"].to_pylist() == [1, 2]
    assert table["text"][1].as_py() == "없음" and NAME not in table["text"][0].as_py()


def test_packed_files_stay_packed_and_file_names_are_cleared_too(files: Path, key: Path, tmp_path: Path) -> None:
    done = invoke("pii", "redact", str(files / "sub"), "--out", str(tmp_path / "out"), "--key-file", str(key))
    assert done.code == 0, done.err
    packed, text = sorted((tmp_path / "out").iterdir(), key=lambda path: path.name)
    assert RRN not in gzip.decompress(packed.read_bytes()).decode()
    assert NAME not in text.name and text.suffix == ".txt" and NAME not in text.read_text(encoding="utf-8")


def test_masks_and_placeholders_need_no_key(files: Path, tmp_path: Path) -> None:
    texts = {}
    for word in ("masks", "placeholders"):
        path = str(files / "a.jsonl")
        done = invoke("pii", "redact", path, "--out", str(tmp_path / word), "--with", word, "--json")
        assert done.code == 0, done.err
        actions = {(a["kind"], a["action"]) for a in done.json["actions"]}
        assert ("resident_number", "destroy") in actions and done.json["unread"] == ["id", "title"]
        texts[word] = json.loads((tmp_path / word / "a.jsonl").read_text(encoding="utf-8").splitlines()[0])["text"]
    assert texts["masks"] == "민원인 ***([주민등록번호])의 연락처는 ***-****-****입니다."
    assert texts["placeholders"] == "민원인 [이름]([주민등록번호])의 연락처는 [전화번호]입니다."


def test_the_installations_key_or_none_at_all(files: Path, tmp_path: Path, key: Path) -> None:
    path, at = str(files / "a.jsonl"), ("--home", str(tmp_path / "home"))
    missing = invoke("pii", "redact", path, "--out", str(tmp_path / "x"), *at)
    assert missing.code == 7 and "--key-file" in missing.err
    (tmp_path / "home" / "keys").mkdir(parents=True, mode=0o700)
    assert invoke("pii", "redact", path, "--out", str(tmp_path / "x"), *at).code == 0
    again = invoke("pii", "redact", path, "--out", str(tmp_path / "x"), *at)
    assert again.code == 2 and "is there already" in again.err
    key.chmod(0o644)
    assert invoke("pii", "redact", path, "--out", str(tmp_path / "y"), "--key-file", str(key)).code == 7


def test_a_policy_file_has_the_keys_of_a_recipe(files: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("protect: {actions: {phone: mask, name: destroy}, skip: [account]}")
    path, out = str(files / "a.jsonl"), str(tmp_path / "out")
    policy_option = ("--policy", str(policy), "--with", "placeholders")
    assert invoke("pii", "redact", path, "--out", out, *policy_option).code == 0
    policy.write_text("actions: {resident_number: keep}")
    refused = invoke("pii", "redact", path, "--out", out + "2", *policy_option)
    assert refused.code == 2 and "not open to class unique_id" in refused.err


def test_results_are_the_same_with_several_processes(files: Path, tmp_path: Path) -> None:
    alone = invoke("pii", "scan", str(files), "--workers", "1")
    together = invoke("pii", "scan", str(files), "--workers", "2")
    assert together.code == 0 and together.out == alone.out


def test_a_gold_set_is_judged_with_every_error_as_spans(tmp_path: Path) -> None:
    spans = [
        {"start": TEXT.index(v), "end": TEXT.index(v) + len(v), "label": k} for v, k in ((NAME, "NAME"), (RRN, "RRN"))
    ]
    spans.append({"start": 0, "end": 3, "label": "PHONE"})
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"id": "g", "text": TEXT, "spans": spans}) + "\n")
    done = invoke("pii", "eval", str(gold), "--json", "--errors", str(tmp_path / "errors.jsonl"))
    labels = done.json["labels"]
    assert (labels["RRN"]["f1"], labels["RRN"]["exact_f1"], labels["PHONE"]["recall"]) == (1.0, 1.0, 0.0)
    assert done.json["groups"]["CORE"]["gold"] == 3
    errors = _spans((tmp_path / "errors.jsonl").read_text())
    start = TEXT.index(PHONE)
    assert errors == [
        {"set": "gold", "doc": "g", "gold": {"label": "PHONE", "start": 0, "end": 3}, "found": None},
        {"set": "gold", "doc": "g", "gold": None, "found": {"label": "PHONE", "start": start, "end": start + 13}},
    ]
    shown = invoke("pii", "eval", str(gold))
    assert shown.code == 0 and "CORE" in shown.out
    assert invoke("pii", "eval", str(tmp_path / "none.jsonl")).code == 6
    assert invoke("pii", "eval", str(gold), "--part", "half").code == 2


def _double(number: int) -> int:
    return 2 * number


def _die(number: int) -> int:
    os._exit(1)


def test_results_come_in_order_and_a_killed_worker_is_told() -> None:
    assert list(ordered_map(_double, range(30), workers=2)) == [2 * n for n in range(30)]
    assert list(ordered_map(_double, [], workers=2)) == []
    with pytest.raises(Exception, match="a worker process was killed"):
        list(ordered_map(_die, range(5), workers=2))
    assert (workers_for(1, None), workers_for(1, 3), workers_for(pool._SMALL_BYTES, None)) == (1, 3, None)
