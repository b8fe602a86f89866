"""Scanning whole columns: schema, order, overlaps, nulls, Arrow layouts, start-up cost, linear time."""

from __future__ import annotations

import subprocess
import sys
import time
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.pii import scan as scanning
from transforms.pii.kinds import PIPA_CLASS, PRECEDENCE, Kind
from transforms.pii.registry import RECOGNISERS
from transforms.pii.scan import FINDINGS, Finding, resolve, scan
from transforms.pii.windows import Trigger

TEXTS = [
    "연락처 010-2345-6789, 메일 hong@example.com",
    None,
    "",
    "아무것도 없다. 제34조 2015. 3. 20.",
    "주민번호 900101-1234567 뒤에 계좌 국민은행 110-234-887261",
]
SIGNS = st.text(
    st.sampled_from(list("0123456789-. @()가나다도로길동서울강남구일이삼공영년월ab\u200b\n０–１Ml국민은행계좌😀")),
    max_size=80,
)


def test_findings_have_the_schema_and_are_sorted_by_row_and_start() -> None:
    found = scan(pa.array(TEXTS, pa.large_string()))
    assert found.schema == FINDINGS
    places = list(zip(found["row"].to_pylist(), found["start"].to_pylist(), strict=True))
    assert places == sorted(places)
    assert [(r, k) for r, k in zip(found["row"].to_pylist(), found["kind"].to_pylist(), strict=True)] == [
        (0, "phone"),
        (0, "email"),
        (4, "resident_number"),
        (4, "account"),
    ]


def test_only_the_kinds_asked_for_are_found() -> None:
    found = scan(pa.array(TEXTS), kinds=["email"])
    assert found["kind"].to_pylist() == ["email"]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="shoe_size"):
        scan(pa.array(["x"]), kinds=["shoe_size"])


def test_a_higher_bound_reports_fewer() -> None:
    column = pa.array(["번호 900101-1234567"])
    assert scan(column, at_least=400).num_rows == 1
    assert scan(column, at_least=900).num_rows == 0


@pytest.mark.parametrize("form", ["string", "large", "sliced", "empty", "all null"])
def test_every_arrow_layout_of_the_same_text_gives_the_same_findings(form: str) -> None:
    columns = {
        "string": pa.array(TEXTS, pa.string()),
        "large": pa.array(TEXTS, pa.large_string()),
        "sliced": pa.array(["010-9999-8888", *TEXTS, "hong@example.com"], pa.large_string())[1:-1],
        "empty": pa.array([], pa.string()),
        "all null": pa.array([None, None], pa.large_string()),
    }
    expected = 0 if form in ("empty", "all null") else 4
    assert scan(columns[form]).num_rows == expected


def test_batches_do_not_change_what_is_found() -> None:
    whole = scan(pa.array(TEXTS)).to_pylist()
    parts = [
        {**row, "row": index}
        for index, text in enumerate(TEXTS)
        for row in scan(pa.array([text], pa.string())).to_pylist()
    ]
    assert parts == whole


@settings(deadline=None)  # the first call compiles kernels
@given(SIGNS, SIGNS)
def test_spans_lie_inside_their_text_and_never_overlap(first: str, second: str) -> None:
    texts = [first, second]
    end = {0: 0, 1: 0}
    for row in scan(pa.array(texts, pa.large_string()), at_least=0).to_pylist():
        assert end[row["row"]] <= row["start"] < row["end"] <= len(texts[row["row"]])
        end[row["row"]] = row["end"]


@settings(deadline=None)  # the first call compiles kernels
@given(SIGNS)
def test_text_before_a_number_moves_its_span_and_nothing_else(prefix: str) -> None:
    text = f"{prefix}가나다라마바사 아자차카타파하 갸냐댜랴먀뱌샤 010-2345-6789 끝"
    spans = [(r["start"], r["end"]) for r in scan(pa.array([text])).to_pylist() if r["kind"] == "phone"]
    assert (len(text) - 15, len(text) - 2) in spans


def test_of_overlapping_findings_the_surer_then_the_stricter_kind_stays() -> None:
    def finding(kind: Kind, score: int, start: int = 0, end: int = 10) -> Finding:
        return Finding(0, start, end, score, kind, "x@1")

    resident, account, card = (finding(k, 600) for k in (Kind.RESIDENT_NUMBER, Kind.ACCOUNT, Kind.CARD))
    assert resolve([account, card, resident]) == [resident]
    named = finding(Kind.ACCOUNT, 950)
    assert resolve([resident, named]) == [named]
    beside = finding(Kind.PHONE, 500, 10, 20)
    assert resolve([beside, named]) == [named, beside]


@given(SIGNS)
def test_one_look_for_all_numbers_finds_what_each_pattern_finds(text: str) -> None:
    readers = [r for r in RECOGNISERS if r.trigger is Trigger.NUMBER]
    starts = scanning._starts(text, readers)
    for pattern in (p for reader in readers for p in reader.patterns):
        alone = [match.span() for match in pattern.regex.finditer(text)]
        assert [match.span() for match in scanning._matches(pattern, text, starts)] == alone


def test_a_chain_of_overlaps_is_resolved_by_its_strongest() -> None:
    def finding(score: int, start: int, end: int) -> Finding:
        return Finding(0, start, end, score, Kind.PHONE, "x@1")

    chain = [finding(500, 0, 6), finding(700, 5, 9), finding(500, 8, 12), finding(400, 12, 14)]
    assert resolve(chain) == [chain[1], chain[3]]


def test_a_web_address_is_read_to_its_end_and_no_further() -> None:
    address = "https://example.com/" + "a1-" * 60
    text = f"{address}b 보기 {address}c이며"
    spans = [(r["start"], r["end"]) for r in scan(pa.array([text]), kinds=["url"]).to_pylist()]
    assert spans == [(0, 201), (205, 406)]


def test_every_kind_has_a_class_and_a_rank() -> None:
    assert set(PIPA_CLASS) == set(Kind) == set(PRECEDENCE)
    assert len(PRECEDENCE) == len(set(PRECEDENCE))


@pytest.mark.parametrize("module", ["scan", "protect", "unique"])
def test_importing_the_batch_path_loads_neither_presidio_nor_spacy_nor_kiwi(module: str) -> None:
    heavy = ("presidio_analyzer", "spacy", "kiwipiepy")
    code = f"import sys, transforms.pii.{module}; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "unit",
    [
        *("12345-", "12345-678 ", "010-1234-", "9 0 ", "1.2.3.", "가로 1", "a@", "공일이", "M1", "12가1234", "서울시 "),
        *(
            "010-2345 가 ",
            "900101 가 나 ",
            "여권 M123",
            "2021가12 원",
            "태어난 ",
            "천구백이천",
            "M1OlA",
            "1 2이",
            "+1 22 ",
        ),
        *("12가1*", "1234-12**-", "T02-", "우편번호 12\n", "로 1\n가빌라 1동 ", "서 울 12-"),
    ],
)
def test_time_grows_in_step_with_the_length_of_a_hostile_text(unit: str) -> None:
    def seconds(size: int) -> float:
        column = pa.array([unit * (size // len(unit))], pa.large_string())
        start = time.process_time()
        scan(column)
        return time.process_time() - start

    seconds(1_000)
    small, large = max(seconds(30_000), 0.01), seconds(240_000)
    assert large < small * 8 * 4


@pytest.mark.parametrize(
    "text", ["주소: 서울특별시 강남구 테헤란로 152, 3층", "생년월일 1990년 1월 2일", "국민은행 110-234-887261"]
)
def test_decomposed_text_has_the_same_findings_at_its_own_offsets(text: str) -> None:
    apart = unicodedata.normalize("NFD", text)
    together = [text[r["start"] : r["end"]] for r in scan(pa.array([text])).to_pylist()]
    found = [apart[r["start"] : r["end"]] for r in scan(pa.array(["x", apart, None])).to_pylist()]
    assert [unicodedata.normalize("NFC", value) for value in found] == together
    assert together
