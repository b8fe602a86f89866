import json
from collections import defaultdict
from pathlib import Path
from statistics import mean

from samples import Planted, Truth
from samples.similarity import jaccard
from tests.samples.test_layouts import READERS


def texts_of(corpora: tuple[Path, Truth], what: str) -> dict[str, list[tuple[Planted, str]]]:
    """Members of each group with their texts, pages left out."""
    out, truth = corpora
    groups: dict[str, list[tuple[Planted, str]]] = defaultdict(list)
    read: dict[tuple[str, str], dict] = {}
    for row in truth.rows:
        if row.what == what and row.corpus in READERS:
            place = (row.corpus, row.item)
            if place not in read:
                read[place] = READERS[row.corpus](out / row.corpus / row.item)
            groups[row.group].append((row, read[place][row.native_id]["text"]))
    return groups


def letters_and_digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())


def test_exact_duplicates_are_equal_or_differ_in_spacing_only(corpora: tuple[Path, Truth]) -> None:
    for members in texts_of(corpora, "exact_duplicate").values():
        kind = members[0][0].kind
        texts = {text.strip() if kind == "text" else letters_and_digits(text) for _, text in members}
        assert len(texts) == 1


def test_near_duplicates_have_the_similarity_that_the_truth_states(corpora: tuple[Path, Truth]) -> None:
    for members in texts_of(corpora, "near_duplicate").values():
        if len(members) == 2:
            (row, left), (_, right) = members
            assert abs(jaccard(left, right) - row.detail["jaccard"]) < 1e-3


def test_copies_lie_within_a_source_across_sources_and_across_terms(corpora: tuple[Path, Truth]) -> None:
    spread = defaultdict(set)
    for row in corpora[1].rows:
        if row.what == "exact_duplicate":
            spread[row.variant, row.group].add(row.corpus)
    for (variant, _), names in spread.items():
        assert len(names) == (1 if variant in ("same_source", "repeated") else 2)


def test_template_families_are_alike_but_below_a_near_duplicate(corpora: tuple[Path, Truth]) -> None:
    for members in texts_of(corpora, "template").values():
        texts = [text for _, text in members]
        found = [jaccard(a, b) for number, a in enumerate(texts) for b in texts[:number]]
        assert 0.4 < mean(found) < max(found) < 0.7


def test_every_kind_of_poor_document_is_there(corpora: tuple[Path, Truth]) -> None:
    kinds = {row.kind for row in corpora[1].rows if row.what == "low_quality"}
    assert kinds == {"symbols", "repeated_lines", "short", "english", "empty", "zero_width"}


def test_the_truth_file_holds_the_rows(corpora: tuple[Path, Truth]) -> None:
    lines = (corpora[0] / "truth.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["value"] for line in lines] == [row.value for row in corpora[1].rows]
