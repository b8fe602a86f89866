"""The index: the same items give the same bytes, and bytes give the same index."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from governance.records.errors import ConfigError, IntegrityError, VersionError
from tests.transforms.decontaminate.suites import items
from transforms.decontaminate.index import MAGIC, NOMINATORS, Index, index
from transforms.decontaminate.items import Items
from transforms.decontaminate.match import contaminated


def test_bytes_give_the_same_index() -> None:
    built = index([items(30), items(5, suite="other", seed=2)])
    again = Index.from_bytes(built.to_bytes())
    assert again.to_bytes() == built.to_bytes()
    assert (again.digest, again.suites, again.items) == (built.digest, built.suites, built.items)
    text = items(30).texts
    assert contaminated(text, again).equals(contaminated(text, built))


def test_the_digest_names_the_items_and_the_share() -> None:
    digests = {
        index([items(9)]).digest,
        index([items(8)]).digest,
        index([items(9)], share=0.6).digest,
        index([]).digest,
    }
    assert len(digests) == 4
    assert index([items(9)]).digest == index([items(9)]).digest


def test_the_same_items_in_other_dress_have_the_same_sets() -> None:
    plain = items(4)
    dressed = pa.array(
        [text.replace(" ", "  ").replace(".", "!") for text in plain.texts.to_pylist()], pa.large_string()
    )
    assert index([Items("bench", plain.ids, dressed)]).digest == index([plain]).digest


def test_items_too_short_to_be_evidence_are_counted() -> None:
    texts = pa.array(["최고네요", "", None, "아주 긴 문장은 증거가 된다."], pa.large_string())
    built = index([Items("s", ("a", "b", "c", "d"), texts)])
    assert built.items == ((0, "d"),)
    assert built.skipped == (("s", 3),)


def test_each_item_is_led_to_by_its_rarest_ngrams() -> None:
    built = index([items(50)])
    led = np.bincount(built.nominated, minlength=50)
    assert (led == np.minimum(np.diff(built.has), NOMINATORS)).all()


BROKEN = {
    "no index": (lambda data: b"x" + data, IntegrityError, "not an index"),
    "cut off": (lambda data: data[:-3], IntegrityError, "cut off"),
    "another format": (lambda data: data.replace(b'"format":1', b'"format":9'), VersionError, "another version"),
    "another width": (lambda data: data.replace(b'"width":3', b'"width":5'), VersionError, "another version"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_bytes_that_are_no_index_are_refused(name: str) -> None:
    damage, error, sentence = BROKEN[name]
    with pytest.raises(error, match=sentence):
        Index.from_bytes(damage(index([items(3)]).to_bytes()))
    assert index([items(3)]).to_bytes().startswith(MAGIC)


def test_suites_and_shares_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError, match="stands twice"):
        index([items(2), items(2)])
    with pytest.raises(ConfigError, match="share"):
        index([items(2)], share=0)
