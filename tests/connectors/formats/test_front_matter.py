import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.formats.front_matter import lines_of_pairs, split_front_matter


@settings(deadline=None)
@given(st.dictionaries(st.text(st.characters(categories=["L", "N"]), min_size=1), st.text(), min_size=1))
def test_what_yaml_writes_is_read_back_as_strings(front):
    text = f"---\n{yaml.safe_dump(front, allow_unicode=True, default_style=chr(34))}---\n본문"
    found, body = split_front_matter(text)
    assert (found, body) == (front, "본문")


@pytest.mark.parametrize(
    ("front", "pairs"),
    [
        ("제목: 개인정보 보호법\n번호: 0123\n", {"제목": "개인정보 보호법", "번호": "0123"}),
        ("url: https://www.law.go.kr/법령?a=1#b\n", {"url": "https://www.law.go.kr/법령?a=1#b"}),
        ("a: '1: 2 #3'\nb: \"c: d\"\nc: ''\nd:\ne: \n", {"a": "1: 2 #3", "b": "c: d", "c": "", "d": "", "e": ""}),
        ("a b : c  \r\n", {"a b": "c"}),
    ],
)
def test_plain_lines_need_no_parser(front, pairs):
    assert lines_of_pairs(front) == pairs
    assert yaml.load(front, yaml.CBaseLoader) == pairs


LEFT_TO_YAML = [
    "a: [1]", "a: - b", "- a", "a:\n- b", "a: b # c", "a: 'b''c'", 'a: "\\n"', "a: |\n  b", "a: &x b", "a: b: c",
    "# c", "a: b\n\nc: d", " a: b", "a: b\n c", "? a", "a:\tb", "a: b\x85c", "a", "a:b", "<<: c", "a: !!int 1", "%a: b",
]  # fmt: skip


@pytest.mark.parametrize("front", LEFT_TO_YAML)
def test_anything_else_is_left_to_yaml(front):
    assert lines_of_pairs(front) is None


TRICKY = "ab가 :#'\"-[]{}&*!|>%@`,?\\\t\x85\u2028\ufeff~=<0.\r/"
LINES = st.lists(st.text(st.sampled_from(TRICKY), min_size=1, max_size=9), min_size=1, max_size=3)


@settings(deadline=None, max_examples=400)
@given(LINES)
@example(["a: b ", "a: c"])
@example(["a : 'b' "])
def test_what_is_read_without_yaml_is_what_yaml_reads(lines):
    front = "\n".join(lines) + "\n"
    pairs = lines_of_pairs(front)
    if pairs is not None:
        assert yaml.load(front, yaml.CBaseLoader) == pairs


KEYED = st.lists(st.tuples(st.sampled_from(["a", "b c", "제목"]), st.text(max_size=12)), min_size=1, max_size=3)


@settings(deadline=None, max_examples=400)
@given(KEYED)
def test_values_read_without_yaml_are_what_yaml_reads(pairs):
    front = "".join(f"{key}: {value}\n" for key, value in pairs)
    found = lines_of_pairs(front)
    if found is not None:
        assert yaml.load(front, yaml.CBaseLoader) == found
