from pathlib import Path

import pytest

from governance.delta import LOG, clean_log, remove
from governance.errata import Erratum, write_erratum
from governance.manifest import ROOT
from governance.records.errors import IntegrityError
from governance.records.storage import write_bytes
from governance.seal import SEAL, seal_release
from governance.signing import Signer, sign_statement
from governance.verify import Report, verify_release
from tests.governance.small_release import Corpus, documents
from tests.governance.test_signing import STATEMENT

LINEAGE = "releases/r1/lineage.jsonl"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    corpus = Corpus.at(tmp_path)
    shards = [corpus.shard(f"s{n}", documents(10, first=n * 10)) for n in range(2)]
    corpus.release("r0", shards[:1])
    corpus.release("r1", shards)
    write_bytes(corpus.root / LINEAGE, b'{"eventType":"COMPLETE"}\n')
    seal_release(corpus.root, "r1", corpus.keys.signer(), [LINEAGE])
    return corpus


def _verify(corpus: Corpus, release: str = "latest") -> Report:
    return verify_release(corpus.root, release, corpus.keys.public_pem)


def test_a_sealed_release_says_so(corpus: Corpus) -> None:
    assert _verify(corpus) == Report("r1", "talk", 1, files=4, sealed=True)
    assert _verify(corpus, "r0").ok and not _verify(corpus, "r0").sealed


def test_every_flipped_byte_of_the_log_and_the_lineage_is_named(corpus: Corpus) -> None:
    for name in (f"{LOG}/{0:020}.json", f"{LOG}/{1:020}.json", LINEAGE):
        good = (corpus.root / name).read_bytes()
        for at in range(0, len(good), max(1, len(good) // 25)):
            altered = bytearray(good)
            altered[at] ^= 1
            (corpus.root / name).write_bytes(altered)
            found = {(problem.kind, problem.where) for problem in _verify(corpus, "r1").problems}
            assert ("digest", name) in found, at
        (corpus.root / name).write_bytes(good)
    assert _verify(corpus).ok


def test_every_flipped_byte_of_the_seal_and_the_root_is_refused(corpus: Corpus) -> None:
    for name in (SEAL, ROOT):
        path = corpus.root / "releases/r1" / name
        good = path.read_bytes()
        for at in range(0, len(good), max(1, len(good) // 25)):
            altered = bytearray(good)
            altered[at] ^= 1
            path.write_bytes(altered)
            assert [problem.kind for problem in _verify(corpus).problems] == ["signature"]
        path.write_bytes(good)


def test_a_file_that_the_seal_names_and_is_gone_is_named(corpus: Corpus) -> None:
    (corpus.root / LINEAGE).unlink()
    assert [(p.kind, p.where) for p in _verify(corpus).problems] == [("missing", LINEAGE)]


def test_a_seal_or_root_of_another_release_or_key_is_refused(corpus: Corpus) -> None:
    seal_release(corpus.root, "r0", corpus.keys.signer())
    for name in (SEAL, ROOT):
        own = (corpus.root / "releases/r1" / name).read_bytes()
        other = (corpus.root / "releases/r0" / name).read_bytes()
        foreign = sign_statement(STATEMENT, Signer(b"\x02" * 32))
        for data in (other, foreign, sign_statement(STATEMENT, corpus.keys.signer())):
            write_bytes(corpus.root / "releases/r1" / name, data)
            assert [problem.kind for problem in _verify(corpus).problems] == ["signature"]
        write_bytes(corpus.root / "releases/r1" / name, own)


def test_a_release_of_another_signer_is_not_sealed(corpus: Corpus) -> None:
    with pytest.raises(IntegrityError, match="not signed by the trusted key"):
        seal_release(corpus.root, "r1", Signer(b"\x02" * 32))


def test_an_unsigned_file_of_a_release_is_pointed_out(corpus: Corpus) -> None:
    write_bytes(corpus.root / "releases/r1/notes.txt", b"x")
    assert _verify(corpus).strays == ("releases/r1/notes.txt",)


def test_an_old_seal_does_not_speak_of_a_log_that_an_erasure_cut(corpus: Corpus) -> None:
    seal_release(corpus.root, "r0", corpus.keys.signer())
    remove(corpus.root, ["shards/s1.parquet"], "E-1")
    clean_log(corpus.root)
    write_erratum(corpus.root, Erratum("E-1", "talk", ("r1",), (), 2, 2), corpus.keys.signer())
    assert _verify(corpus, "r0").ok


def test_sealing_again_after_more_was_committed_is_harmless(corpus: Corpus) -> None:
    corpus.release("r2", [])
    seal_release(corpus.root, "r1", corpus.keys.signer(), [LINEAGE])
    assert _verify(corpus, "r1").ok
