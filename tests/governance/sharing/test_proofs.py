"""Proofs: a version that only took files away is proven by the release before it."""

from __future__ import annotations

import pytest

from governance.delta import remove
from governance.manifest import ROOT
from governance.records.errors import IntegrityError, NotFoundError
from governance.sharing.catalogue import Catalogue
from governance.sharing.proofs import Proofs
from tests.governance.sharing.conftest import CORPUS, Home


@pytest.fixture
def catalogue(home: Home) -> Catalogue:
    home.release()
    return Catalogue(home.root / "governed")


def test_shards_of_a_version_without_a_release_are_proven_by_the_one_before(home: Home, catalogue: Catalogue) -> None:
    remove(home.corpus, [catalogue.version(CORPUS).shards[0].path], "E-1")
    version = catalogue.version(CORPUS)
    answer = Proofs(catalogue).of(version, version.shards)
    assert (version.number, answer["releaseId"], len(answer["shards"])) == (1, "r1", 9)
    assert all("state" not in entry for entry in answer["shards"])


def test_a_release_without_a_signed_root_proves_nothing(home: Home, catalogue: Catalogue) -> None:
    (home.corpus / "releases" / "r1" / ROOT).unlink()
    with pytest.raises(NotFoundError, match="no signed root"):
        Proofs(catalogue).of(catalogue.version(CORPUS), ())


def test_a_shard_that_the_manifest_does_not_name_is_an_error(home: Home, catalogue: Catalogue) -> None:
    first = catalogue.version(CORPUS)
    home.release("r2", salt=1000)
    with pytest.raises(IntegrityError, match="does not name"):
        Proofs(catalogue).of(catalogue.version(CORPUS), first.shards)
