"""Sentences that speak of something sensitive are told with their places, plain ones and look-alikes are not."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.records.schemas import SENSITIVE
from transforms.pii.sensitive import SENTENCES, TAGS, Sensitive, sensitive_sentences, sensitive_tags
from transforms.pii.sensitive_words import WORDS

SPEAKS = {
    Sensitive.HEALTH: [
        "진단명은 우울증이며 처방전을 받았다",
        "정신과 진료를 받는다",
        "암진단을 받은 뒤",
        "복용 중인 약",
    ],
    Sensitive.BELIEF: ["신앙생활을 시작한 뒤 세례를 받았다", "교회에 다니고 있다", "기독교 신자이다", "양심적병역거부"],
    Sensitive.UNION: ["노조 가입을 이유로 해고되었다", "노동조합에 가입하였다", "노동조합 대의원으로", "민주노총 소속"],
    Sensitive.POLITICS: ["정당 가입 사실을 숨겼다", "정당의 권리당원이다", "지지정당을 물었다", "탈당하였다"],
    Sensitive.SEXUAL_LIFE: ["자신의 성적 지향을 밝혔다", "성관계를 가졌다", "동성애"],
    Sensitive.CRIMINAL_RECORD: [
        "전과 3범이고 집행유예 기간이었다",
        "벌금형을 받은 전력이 있다",
        "징역 2년",
        "동종 전력",
    ],
    Sensitive.BIOMETRICS: ["출입문에 지문 등록을 하였다", "안면인식 단말기", "홍채를 읽는다"],
    Sensitive.ETHNICITY: ["북한이탈주민인 피해자", "다문화 가정에서", "조선족이라는"],
}
CASES = [(category, said) for category, sentences in SPEAKS.items() for said in sentences]
LOOK_ALIKES = [
    "오늘 회의는 3시에 시작합니다.",
    "권리를 박탈당하였다",  # 탈당
    "수입당시의 가격",  # 입당
    "확인종결 처리",  # 인종
    "문서 작성행위와 조성행위",  # 성행위
    "사무교육 일정",  # 무교
    "이전과는 다르다",  # 전과
    "전과는 달리 전과 같이",
    "제소기간과 출소기간",  # 출소
    "계절에 다니는 길",  # 절에 다니
    "문화유산을 지킨다",  # 유산
    "현실형태와 수백인",
    "",
]


@pytest.mark.parametrize(("category", "said"), CASES)
def test_each_category_is_told(category: Sensitive, said: str) -> None:
    (row,) = [r for r in sensitive_sentences(pa.array([said])).to_pylist() if r["category"] == category]
    assert (row["row"], row["start"], row["end"]) == (0, 0, len(said))


@pytest.mark.parametrize("said", LOOK_ALIKES)
def test_a_look_alike_is_not(said: str) -> None:
    assert sensitive_sentences(pa.array([said])).num_rows == 0


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_the_place_is_the_sentence_in_code_points_whatever_stands_around(kind: pa.DataType) -> None:
    first, told, last = "😀 2024. 3. 5. 민원을 냈다.", "당뇨로 투석을 받는다고 한다!", "끝이다."
    text = f"{first} {told} {last}\n제목 없음\n암 환자다"
    found = sensitive_sentences(pa.array(["무관", None, text, told], kind)).to_pylist()
    start = len(first) + 1
    assert [(r["row"], r["start"], r["end"]) for r in found] == [
        (2, start, start + len(told)),
        (2, text.index("암 환자다"), len(text)),
        (3, 0, len(told)),
    ]


def test_a_sentence_is_told_once_a_category_and_of_each_that_it_speaks_of() -> None:
    said = "우울증과 고혈압이 있고 노조 가입 뒤 집행유예를 받았다."
    found = sensitive_sentences(pa.array([said, "가" + said])).to_pylist()
    each = ("health", "union", "criminal_record")
    assert [(r["row"], r["category"]) for r in found] == [(row, name) for row in (0, 1) for name in each]


def test_a_word_across_two_rows_and_at_the_end_of_the_buffer_is_none() -> None:
    assert sensitive_sentences(pa.array(["우울", "증이다", "우울"])).num_rows == 0
    assert sensitive_sentences(pa.array(["끝우울", "우울증", "동성애"])).num_rows == 2


def test_a_slice_and_nulls_with_bytes_below_them_are_read_right() -> None:
    whole = pa.array(["우울증", "무관한 글", "조선족", None, "치매다"])
    assert sensitive_sentences(whole.slice(1))["row"].to_pylist() == [1, 3]
    hidden = pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x02"), *whole.slice(0, 2).buffers()[1:]])
    assert hidden.null_count == 1 and sensitive_sentences(hidden).num_rows == 0


def test_tags_count_sentences_in_the_order_of_the_categories() -> None:
    text = pa.array(["전과 3범. 우울증. 고혈압.", None, "무관", "조선족"])
    found = sensitive_sentences(text)
    assert found.schema == SENTENCES and TAGS == SENSITIVE
    tags = sensitive_tags(found["row"].to_numpy(), found["category"].combine_chunks(), len(text))
    assert tags.type == TAGS
    assert [{e["category"]: e["sentences"] for e in entries} for entries in tags.to_pylist()] == [
        {"health": 2, "criminal_record": 1},
        {},
        {},
        {"ethnicity": 1},
    ]
    assert [e["category"] for e in tags.to_pylist()[0]] == ["health", "criminal_record"]


_PIECES = st.sampled_from(
    ["우울증", "암 ", "진단", "전과 ", "3", "노조", " 가입", ".", "\n", " ", "가", "😀", "é", "ㄱ", "?"]
)


@given(st.lists(st.none() | st.lists(_PIECES, max_size=12).map("".join), max_size=5))
def test_any_batch_gives_what_its_rows_give_alone(rows: list[str | None]) -> None:
    whole = sensitive_sentences(pa.array(rows, pa.string())).to_pylist()
    alone = [
        r | {"row": n}
        for n, text in enumerate(rows)
        for r in sensitive_sentences(pa.array([text], pa.string())).to_pylist()
    ]
    assert whole == alone
    for r in whole:
        assert 0 <= r["start"] < r["end"] <= len(rows[r["row"]] or "")


@pytest.mark.parametrize("said", ["우울증 ", "우울증.", "암 ", "노조 정당 ", "가나"])
def test_time_is_linear_in_a_text_without_an_end(said: str) -> None:
    sensitive_sentences(pa.array(["우울증"]))
    column = pa.array([said * (2_000_000 // len(said))], pa.large_string())
    began = time.process_time()
    sensitive_sentences(column)
    assert time.process_time() - began < 2


def test_every_category_has_words_and_no_word_is_listed_twice_in_one() -> None:
    assert list(WORDS) == list(Sensitive) and all(WORDS.values())
