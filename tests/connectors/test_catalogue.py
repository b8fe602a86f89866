import datetime

import pytest

from connectors.catalogue import load_source, load_sources
from governance.records.errors import ConfigError

GOOD = """
name: petitions
sector: government
domain: petition
path: ${MALMOI_DATA}/gov/petitions
format: jsonl
fields: {text: content, published_at: begin}
terms: {licence: LicenseRef-KOGL-1, valid_from: 2026-11-24, nested: {deep: ["${MALMOI_DATA}"]}}
"""
VARIABLES = {"MALMOI_DATA": "/data"}


@pytest.fixture
def written(tmp_path):
    def write(text, name="a.yaml"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def problems(path, variables=VARIABLES):
    with pytest.raises(ConfigError) as error:
        load_source(path, variables)
    assert all(problem.startswith(f"{path}: ") for problem in error.value.problems)
    return [problem.removeprefix(f"{path}: ") for problem in error.value.problems]


def test_a_source_is_read_and_its_variables_replaced(written):
    spec = load_source(written(GOOD), VARIABLES)
    assert (spec.name, spec.path, spec.priority) == ("petitions", "/data/gov/petitions", 0)
    assert spec.fields == {"text": "content", "published_at": "begin"}
    assert spec.terms["valid_from"] == datetime.date(2026, 11, 24)
    assert spec.terms["nested"] == {"deep": ["/data"]}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("formt: csv", "unknown key 'formt'; did you mean 'format'?"),
        ("encoding: utf-9", "encoding: no codec is called 'utf-9'; use 'auto' or a Python codec name"),
        ("connector: fils", "unknown connector 'fils'; did you mean 'files'?"),
        ("priority: high", "priority: Input should be a valid integer, unable to parse string as an integer"),
        ("include: []", "include: Tuple should have at least 1 item after validation, not 0"),
        ("options: {delimeter: x}", "unknown option 'delimeter'; known are date_format"),
        ("options: {date_format: [1]}", "options: date_format: Input should be a valid string"),
    ],
)
def test_each_mistake_is_named_with_what_was_meant(written, line, problem):
    assert problems(written(GOOD + line)) == [problem]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("jsonl", "jsonll", "unknown format 'jsonll'; did you mean 'jsonl'?"),
        ("published_at", "publishd_at", "unknown fields: column 'publishd_at'; did you mean 'published_at'?"),
        ("published_at: begin", "title: [a, b]", "fields: only 'text' may be a list of fields, not 'title'"),
        ("sector: government\n", "", "key 'sector' is missing"),
        ("government", "goverment", "sector: Input should be 'government', 'academic' or 'private'"),
        (
            "path: ${MALMOI_DATA}/gov/petitions",
            "",
            "key 'path' is missing: the connector 'files' needs a directory, file or URI",
        ),
        (
            "name: petitions",
            "name: Petitions",
            "name: must be kebab-case: small letters, digits and single hyphens, a letter first",
        ),
        (
            "${MALMOI_DATA}/gov",
            "${MALMOI_DTA}/gov",
            "variable ${MALMOI_DTA} is not set; did you mean 'MALMOI_DATA'?",
        ),
    ],
)
def test_each_wrong_value_is_named(written, old, new, problem):
    assert problems(written(GOOD.replace(old, new))) == [problem]


def test_every_problem_of_every_file_is_found_at_once(written):
    bad = written("nam: a\nsector: state\nformat: jsonll\noptions: {x: 1}\npath: ${NO}\n", "bad.yaml")
    twice = written(GOOD, "twice.yaml")
    with pytest.raises(ConfigError) as error:
        load_sources([written(GOOD), bad, twice], VARIABLES)
    text = str(error.value)
    for part in (
        "unknown key 'nam'",
        "key 'name' is missing",
        "key 'domain' is missing",
        "sector:",
        "'jsonll'",
        "${NO}",
    ):
        assert f"{bad}: " in text
        assert part in text
    assert f"{twice}: name 'petitions' is taken by" in text


def test_options_of_a_mixed_source_may_belong_to_any_format(written):
    text = GOOD.replace("format: jsonl", "options: {delimiter: ';', record: row}")
    assert load_source(written(text), VARIABLES).options == {"delimiter": ";", "record": "row"}
    assert problems(written(text.replace("record", "recrd"))) == ["unknown option 'recrd'; did you mean 'record'?"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [", "is not valid YAML"),
        ("- a", "is no mapping"),
        ("", "is no mapping"),
        (GOOD + "name: other", "key 'name' stands twice"),
        (GOOD.replace("text: content", "text: content, text: body"), "key 'text' stands twice"),
        ("a: !!python/object/apply:os.getcwd []", "is not valid YAML"),
    ],
)
def test_a_file_that_is_no_source_is_refused(written, text, problem):
    (found,) = problems(written(text))
    assert problem in found


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    assert problems(tmp_path / "none.yaml") == [
        "cannot be read (FileNotFoundError); correct the path or its permissions"
    ]


def test_sources_come_in_the_order_of_their_files(written):
    second = written(GOOD.replace("petitions", "second"), "b.yaml")
    assert [spec.name for spec in load_sources([second, written(GOOD)], VARIABLES)] == ["second", "petitions"]
