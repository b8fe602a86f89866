import pytest
from pydantic import ValidationError

from connectors.spec import FIELD_COLUMNS
from tests.connectors.reading import source


def test_a_source_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        source().name = "b"


@pytest.mark.parametrize("name", ["petitions", "law-api-xml", "a1"])
def test_kebab_case_is_a_name(name):
    assert source(name=name).name == name


@pytest.mark.parametrize("name", ["", "Petitions", "a_b", "a--b", "-a", "a-", "1a", "법령", "a b", "a/b"])
def test_anything_else_is_no_name(name):
    with pytest.raises(ValidationError, match="kebab-case"):
        source(name=name)


def test_credentials_in_a_path_are_refused_and_not_repeated():
    with pytest.raises(ValidationError, match="credentials") as error:
        source("s3://key:secret@bucket/a")
    assert "credentials" in error.value.errors(include_input=False)[0]["msg"]
    assert source("s3://bucket/a@b").path == "s3://bucket/a@b"


def test_text_is_one_field_or_several():
    assert source().text_fields() == ("text",)
    assert source(fields={"text": "body"}).text_fields() == ("body",)
    assert source(fields={"text": ["q", "a"], "title": "t"}).text_fields() == ("q", "a")
    assert source(fields={"text": ["q", "a"], "title": "t"}).other_fields() == {"title": "t"}


@pytest.mark.parametrize("encoding", ["utf-9", "base64", "rot13"])
def test_a_codec_that_gives_no_text_is_refused(encoding):
    with pytest.raises(ValidationError, match="no codec is called"):
        source(encoding=encoding)


def test_places_are_no_fields():
    assert not {"locator", "offset", "length"} & set(FIELD_COLUMNS)
