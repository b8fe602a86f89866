"""The catalogue: versions as Delta has them, and none once its history is gone."""

from __future__ import annotations

import pytest

from governance.delta import clean_log, remove
from governance.records.errors import NotFoundError
from governance.sharing.catalogue import Catalogue
from tests.governance.sharing.conftest import CORPUS, Home


@pytest.fixture
def catalogue(home: Home) -> Catalogue:
    home.release()
    return Catalogue(home.root / "governed")


def test_a_version_has_its_shards_with_source_class_rows_and_size(home: Home, catalogue: Catalogue) -> None:
    version = catalogue.version(CORPUS)
    assert (version.number, version.release_id, len(version.shards)) == (0, "r1", 10)
    assert {shard.source for shard in version.shards} == set(home.terms)
    for shard in version.shards:
        assert shard.rows == 20
        assert shard.size == (home.corpus / shard.path).stat().st_size
        assert version.shard(shard.id) is shard
    with pytest.raises(NotFoundError):
        version.shard("nothing")


def test_a_new_version_is_seen_at_once_and_the_old_one_stays(home: Home, catalogue: Catalogue) -> None:
    before = catalogue.version(CORPUS)
    home.release("r2", salt=1000)
    assert catalogue.head(CORPUS) == 1
    assert catalogue.version(CORPUS).release_id == "r2"
    assert catalogue.version(CORPUS, 0) == before


def test_a_version_whose_history_was_erased_is_gone_although_it_was_read_before(
    home: Home, catalogue: Catalogue
) -> None:
    path = catalogue.version(CORPUS).shards[0].path
    remove(home.corpus, [path], "E-1")
    clean_log(home.corpus)
    with pytest.raises(NotFoundError, match="never made, or was erased"):
        catalogue.version(CORPUS, 0)
    assert path not in {shard.path for shard in catalogue.version(CORPUS).shards}


@pytest.mark.parametrize("name", ["nothing", "../keys", "", "HANGEUL", "a" * 70])
def test_what_is_no_corpus_is_not_found(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(NotFoundError):
        catalogue.version(name)
