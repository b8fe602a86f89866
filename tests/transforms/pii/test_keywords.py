import pyarrow as pa
import pytest

from governance.records.errors import ConfigError
from transforms.pii.keywords import keyword_of
from transforms.pii.late import destroy_late
from transforms.pii.operating_points import POINTS, lowest_score
from transforms.pii.recogniser import LEAST
from transforms.pii.scan import scan

# Numbers are invented, or of ranges that are given to nobody.
CASES = {
    "연락처: 010-2600-4143": "연락처",
    "연 락 처 010-2600-4143": "연락처",
    "여권번호는 M12345678": "여권번호",
    "010-2600-4143": None,
    "계좌번호 국민은행 123456-01-123456": "국민은행",
}


@pytest.mark.parametrize("text", CASES)
def test_the_word_that_named_a_finding_is_one_of_our_own(text: str) -> None:
    (found,) = scan(pa.array([text])).to_pylist()
    assert keyword_of(found["recogniser"], text, found["start"]) == CASES[text]


def test_a_recogniser_without_words_has_none() -> None:
    assert keyword_of("name@1", "이름 홍길동", 3) is None and keyword_of("nobody@9", "x", 0) is None


def test_a_point_or_a_bound_and_not_both() -> None:
    assert (lowest_score(None, None), lowest_score("recall", None), lowest_score(None, 0)) == (
        LEAST,
        POINTS["recall"],
        0,
    )
    assert POINTS["recall"] < POINTS["usual"] < POINTS["precision"]
    for point, bound in (("recal", None), ("recall", 5), (None, -1), (None, 1001)):
        with pytest.raises(ConfigError):
            lowest_score(point, bound)


def test_what_was_missed_is_destroyed_in_the_rows_named_and_in_no_other() -> None:
    said = "주민등록번호 900101-1234567"
    columns = {"text": pa.array([said, said, "없음"], pa.large_string()), "title": pa.array([None, said, None])}
    cleared = destroy_late(columns, pa.array([0, 2]), at_least=LEAST)
    assert cleared["text"].to_pylist() == ["주민등록번호 [주민등록번호]", said, "없음"]
    assert cleared["title"] is columns["title"] and cleared["text"].type == pa.large_string()
    assert destroy_late(cleared, pa.array([0, 2]), at_least=LEAST)["text"].equals(cleared["text"])
