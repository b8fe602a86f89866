from pathlib import Path

import pytest

from governance.errata import Change, Errata, Erratum, write_erratum
from governance.records.errors import IntegrityError
from governance.records.storage import write_bytes
from governance.signing import Signer, sign_statement
from tests.governance.test_signing import STATEMENT

SIGNER, OTHER = Signer(b"\x01" * 32), Signer(b"\x02" * 32)
FIRST = Erratum("E-1", "talk", ("r0",), (Change("shards/a", "1", "2"), Change("shards/b", "1", None)), 1, 1)
SECOND = Erratum("E-2", "talk", ("r0", "r1"), (Change("shards/a", "2", "3"),), 2, 2)


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    write_erratum(tmp_path, FIRST, SIGNER)
    errata = Errata.load(tmp_path, SIGNER.public_pem).about("talk", "r0")
    assert errata.explains("shards/a", "1", "2") == "E-1"
    assert errata.explains("shards/b", "1", None) == "E-1"


def test_a_change_it_does_not_name_is_not_explained() -> None:
    errata = Errata([FIRST])
    assert errata.explains("shards/a", "1", "9") is None
    assert errata.explains("shards/a", "1", None) is None
    assert errata.explains("shards/c", "1", "2") is None


@pytest.mark.parametrize("order", [[FIRST, SECOND], [SECOND, FIRST]])
def test_two_erasures_of_one_file_explain_what_was_first_signed(order: list[Erratum]) -> None:
    errata = Errata(order)
    assert errata.explains("shards/a", "1", "3") == "E-2"
    assert errata.explains("shards/a", "2", "3") == "E-2"
    assert errata.explains("shards/a", "1", "2") is None


@pytest.mark.parametrize(("corpus", "release"), [("other", "r0"), ("talk", "r9")])
def test_an_erratum_excuses_only_the_releases_it_names(corpus: str, release: str) -> None:
    errata = Errata([FIRST, SECOND]).about(corpus, release)
    assert errata.explains("shards/a", "1", "2") is None
    assert errata.ends_before(0) is None


def test_the_end_of_history_holds_for_every_release_of_the_corpus() -> None:
    assert Errata([FIRST]).of("talk").ends_before(0) == "E-1"
    assert Errata([FIRST]).of("other").ends_before(0) is None


def test_it_says_what_is_gone() -> None:
    assert Errata([FIRST, SECOND]).gone() == {"shards/b"}


def test_it_says_which_versions_are_out_of_reach() -> None:
    errata = Errata([FIRST, SECOND])
    assert [errata.ends_before(version) for version in range(3)] == ["E-1", "E-2", None]
    assert errata.makes(1)
    assert not errata.makes(0)


def test_errata_of_another_key_or_kind_are_refused(tmp_path: Path) -> None:
    path = write_erratum(tmp_path, FIRST, OTHER)
    with pytest.raises(IntegrityError, match=r"errata/E-1.dsse.json: not signed by the trusted key"):
        Errata.load(tmp_path, SIGNER.public_pem)
    write_bytes(path, sign_statement(STATEMENT, SIGNER))
    with pytest.raises(IntegrityError, match="no erratum"):
        Errata.load(tmp_path, SIGNER.public_pem)
