import dataclasses

import pytest
import yaml

from governance.card import CardFacts, CardSource, dataset_card, header_of, size_category

MINUTES = CardSource(
    "minutes", "government", "LicenseRef-KOGL-1", 1_200, 50_000, ("shards/a.parquet",), "행정안전부 | 2024"
)
PAPERS = CardSource("papers", "academic", "CC-BY-4.0", 300, 9_000, ("shards/c.parquet", "shards/b.parquet"))
FACTS = CardFacts(
    "말모이 데모",
    "talk",
    "r1",
    (PAPERS, MINUTES),
    pii_counts={"phone": 3},
    books={"read": 1_600, "kept": 1_500},
    merkle_root="ab" * 32,
)


def test_the_hub_reads_the_header(monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub = pytest.importorskip("huggingface_hub")
    data = hub.DatasetCard(dataset_card(FACTS)).data
    assert data.language == ["ko"]
    assert data.license == ["cc-by-4.0", "other"]
    assert data.size_categories == ["1K<n<10K"]
    assert [config["config_name"] for config in data.to_dict()["configs"]] == ["default", "minutes", "papers"]


def test_the_configurations_are_ones_that_datasets_understands(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    from governance.parquet import write_released
    from tests.governance.small_release import documents

    for name, first in (("a", 0), ("b", 10), ("c", 20)):
        write_released(tmp_path / f"shards/{name}.parquet", documents(10, first=first))
    (tmp_path / "README.md").write_text(dataset_card(FACTS), encoding="utf-8")
    cache = str(tmp_path / "cache")
    assert datasets.load_dataset(str(tmp_path), "papers", split="train", cache_dir=cache).num_rows == 20
    assert datasets.load_dataset(str(tmp_path), split="train", cache_dir=cache).num_rows == 30


def test_equal_facts_give_equal_bytes_in_any_order() -> None:
    other = dataclasses.replace(FACTS, sources=(MINUTES, PAPERS))
    assert dataset_card(other) == dataset_card(FACTS)


def test_a_single_licence_of_our_own_has_its_name() -> None:
    header = header_of(dataclasses.replace(FACTS, sources=(MINUTES,)))
    assert (header["license"], header["license_name"]) == (["other"], "licenseref-kogl-1")
    assert header["license_link"].startswith("#")
    assert "license_name" not in header_of(dataclasses.replace(FACTS, sources=(PAPERS,)))


@pytest.mark.parametrize(
    ("documents", "word"),
    [(0, "n<1K"), (999, "n<1K"), (1_000, "1K<n<10K"), (10**9, "1B<n<10B"), (10**12, "n>1T")],
)
def test_sizes_are_the_hubs_words(documents: int, word: str) -> None:
    assert size_category(documents) == word


ODD = ["이름: [x]", "--- \n# no", "'quoted' \"twice\"", "a | b\n\nc", "<script>alert(1)</script>"]


@pytest.mark.parametrize("text", ODD)
def test_odd_names_break_neither_header_nor_tables(text: str) -> None:
    card = dataset_card(
        dataclasses.replace(FACTS, title=text, sources=(dataclasses.replace(MINUTES, attribution=text),))
    )
    _, header, body = card.split("---\n", 2)
    assert yaml.safe_load(header)["pretty_name"] == text
    row = next(line for line in body.splitlines() if line.startswith("| minutes |"))
    assert row.replace("\\|", "").count("|") == 7
    assert "<script>" not in body


def test_a_card_of_nothing_is_a_card() -> None:
    card = dataset_card(CardFacts("empty", "talk", "r0", ()))
    assert yaml.safe_load(card.split("---\n")[1])["size_categories"] == ["n<1K"]
