import pytest

from governance.keys import KeyStore
from pipelines.finding import StagedRow, by_doc_ids, by_native_id, of_source, staged_files
from pipelines.home import Home


def test_a_document_is_found_by_the_id_its_source_gave_it_and_by_ours(released: Home, keys: KeyStore) -> None:
    (row,) = by_native_id(released, keys, "native-00003")
    assert by_doc_ids(released, keys, [row.doc_id]) == [row]
    read = row.read(keys, ["native_id", "text"])
    assert read["native_id"] == "native-00003" and str(read["text"]).startswith("3번 문서는")


def test_a_file_without_ids_is_found_by_its_name(released: Home, keys: KeyStore) -> None:
    (row,) = by_native_id(released, keys, "2.txt")
    assert row.zone.source == "texts" and row.item(released, keys).name == "2.txt"


def test_nothing_is_found_under_an_unknown_id(released: Home, keys: KeyStore) -> None:
    assert by_native_id(released, keys, "native-3") == [] and by_doc_ids(released, keys, ["a" * 26]) == []


def test_every_staged_row_of_a_source_is_found(released: Home, keys: KeyStore) -> None:
    rows = of_source(released, keys, "letters")
    assert len(rows) == len({row.doc_id for row in rows}) == 13
    assert of_source(released, keys, "nobody") == []


def test_files_of_broken_pointers_are_no_staged_files(released: Home) -> None:
    assert len(list(staged_files(released))) == 2
    assert list(released.restricted.glob("*/prepare/*.broken.parquet"))


def test_a_row_that_is_not_there_is_an_error(released: Home, keys: KeyStore) -> None:
    (row,) = by_native_id(released, keys, "2.txt")
    with pytest.raises(IndexError):
        StagedRow(row.zone, row.path, 10_000, row.doc_id).read(keys, ["text"])


def test_no_repr_shows_a_native_id(released: Home, keys: KeyStore) -> None:
    assert not any("native-" in repr(row) for row in of_source(released, keys, "letters"))


def test_several_ids_are_found_at_once(released: Home, keys: KeyStore) -> None:
    ids = {row.doc_id for row in of_source(released, keys, "letters")[:4]}
    assert {row.doc_id for row in by_doc_ids(released, keys, sorted(ids))} == ids
