"""Accuracy on the test part of the gold sets, beside the field's other tools: `python -m benchmarks.quality.pii`.

    --data PATH    the shared data (MALMOI_DATA)
    --peers PATH   folder of virtual environments, one a tool; without it only Malmoi is measured
    --part NAME    test (default) or train

Writes result.json beside this file. The test part is chosen by a hash of each text; training and tuning never see it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.circumstances import circumstances, peer_version
from benchmarks.quality.pii.adjudicate import judge
from benchmarks.quality.pii.obfuscate import DISGUISES, disguise
from benchmarks.quality.pii.peers import PEERS
from transforms.pii.evaluate import CORE, STRUCT, evaluate, predict
from transforms.pii.gold import GoldDocument, is_test, read_gold
from transforms.pii.kinds import Kind
from transforms.pii.recogniser import LEAST
from transforms.pii.scan import scan

FORMS = ("kopii_audited", "kopii_evalcorpus", "nufi", "id_vectors")  # kopii_unaudited repeats its values: training only
SETS = (*FORMS, "klue_ner")
CLEAN_FILES = 200  # of statutes and of decisions, at most, in the test part
_SERVICE = re.compile(r"1[568]\d\d-?\d{4}|080-?\d{3,4}-?\d{4}|1\d\d")
CURVE = (200, 300, 400, 500, 600, 700, 800, 900)
RESULT = Path(__file__).with_name("result.json")


def documents(data: Path, part: str) -> list[GoldDocument]:
    """Documents of a part of every set."""
    found = [d for name in SETS for d in read_gold(data / "pii" / "gold" / f"{name}.jsonl")]
    return [document for document in found if is_test(document.text) == (part == "test")]


def summary(gold: Sequence[GoldDocument], spans: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Figures on the forms, and persons in KLUE-NER apart."""
    forms = [index for index, document in enumerate(gold) if document.set in FORMS]
    klue = [index for index, document in enumerate(gold) if document.set == "klue_ner"]
    report = evaluate([gold[i] for i in forms], [spans[i] for i in forms]).report()
    return {
        **report,
        "without_service_numbers": _personal([gold[i] for i in forms], [spans[i] for i in forms]),
        "klue_persons": _persons([gold[i] for i in klue], [spans[i] for i in klue]),
        "klue_persons_without_letters": _persons([_lettered(gold[i]) for i in klue], [spans[i] for i in klue]),
    }


def _persons(gold: Sequence[GoldDocument], spans: Sequence[Sequence[Any]]) -> dict[str, Any] | None:
    tally = evaluate(gold, spans).labels.get("NAME")
    return tally.figures() if tally else None


def _personal(gold: Sequence[GoldDocument], spans: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Figures when numbers of firms and offices (1588-1234, 080, 129) are no gold: they reach no person."""
    personal = [
        replace(
            d, spans=tuple(s for s in d.spans if s.label != "PHONE" or not _SERVICE.fullmatch(d.text[s.start : s.end]))
        )
        for d in gold
    ]
    result = evaluate(personal, spans)
    return {name: result.group(labels) for name, labels in (("PHONE", ["PHONE"]), ("STRUCT", STRUCT), ("CORE", CORE))}


def _lettered(document: GoldDocument) -> GoldDocument:
    """The document without persons who are a single Latin letter already (A 씨)."""
    named = tuple(s for s in document.spans if not (s.end - s.start == 1 and document.text[s.start].isascii()))
    return replace(document, spans=named)


def clean_text(data: Path) -> dict[str, Any]:
    """Findings per 10,000 characters of statutes and decisions of the test part, by kind; names judged (adjudicate)."""
    figures = {}
    for name, folder in (("statutes", "laws_md"), ("decisions", "precedents_md")):
        paths = [path for path in sorted((data / "gov" / folder).rglob("*.md")) if is_test(path.name)][:CLEAN_FILES]
        texts = [path.read_text(encoding="utf-8") for path in paths]
        found = scan(pa.array(texts, pa.large_string())).to_pylist()
        kinds = Counter(row["kind"] for row in found)
        signs = sum(len(text) for text in texts)
        figures[name] = {
            "characters": signs,
            **{kind: round(count * 1e4 / signs, 4) for kind, count in sorted(kinds.items())},
            "names_by_confirmation": {
                way: round(count * 1e4 / signs, 4) for way, count in sorted(_judged(texts, found).items())
            },
        }
    return figures


def _judged(texts: Sequence[str], found: Sequence[dict[str, Any]]) -> Counter[str]:
    places: dict[int, list[tuple[int, int]]] = {}
    for row in found:
        if row["kind"] == Kind.NAME:
            places.setdefault(row["row"], []).append((row["start"], row["end"]))
    return sum((judge(texts[row], spans) for row, spans in places.items()), Counter())


def disguised(gold: Sequence[GoldDocument]) -> dict[str, Any]:
    """Recall, per disguise, on the labels that it changes, before and after; each label that loses some apart."""
    figures: dict[str, Any] = {}
    plain = evaluate(gold, predict(gold))
    for name, (labels, _) in DISGUISES.items():
        after = [disguise(document, name) for document in gold]
        hidden = evaluate(after, predict(after))
        recalls = {label: (plain.group([label])["recall"], hidden.group([label])["recall"]) for label in sorted(labels)}
        figures[name] = {
            "before": plain.group(labels)["recall"],
            "after": hidden.group(labels)["recall"],
            "losing": {label: pair for label, pair in recalls.items() if pair[1] < pair[0]},
        }
    return figures


def peers_beside(gold: Sequence[GoldDocument], folder: Path) -> dict[str, Any]:
    """Every peer that is installed, on the same documents."""
    figures = {}
    for peer in PEERS:
        if (folder / peer.folder).is_dir():
            spans, seconds = peer.run(folder, [document.text for document in gold])
            version = peer_version(folder, peer.folder, peer.distribution)
            figures[peer.folder] = {"version": version, "cpu_s": round(seconds, 2), **summary(gold, spans)}
    return figures


def checksums(data: Path) -> dict[str, str]:
    """SHA-256 of every gold file read."""
    folder = data / "pii" / "gold"
    return {name: hashlib.sha256((folder / f"{name}.jsonl").read_bytes()).hexdigest() for name in SETS}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MALMOI_DATA", "../shared/data")))
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--part", choices=("test", "train"), default="test")
    options = parser.parse_args(arguments)
    gold = documents(options.data, options.part)
    forms = [document for document in gold if document.set in FORMS]
    result = {
        **circumstances(),
        "part": options.part,
        "documents": len(gold),
        "input": checksums(options.data),
        "at_least": LEAST,
        "malmoi": summary(gold, predict(gold)),
        "curve": {str(bound): summary(gold, predict(gold, bound))["CORE"] for bound in CURVE},
        "clean_text": clean_text(options.data),
        "disguised": disguised(forms),
        "peers": peers_beside(gold, options.peers) if options.peers else {},
    }
    RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({"malmoi": result["malmoi"]["CORE"], "peers": list(result["peers"])}, ensure_ascii=False))


if __name__ == "__main__":
    main()
