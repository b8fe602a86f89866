"""Generates every corpus with its truth."""

from __future__ import annotations

from pathlib import Path
from random import Random

from samples.compose import Studio
from samples.corpora import CORPORA, Corpus
from samples.damaged import Damage, damages, write_damages
from samples.doubles import Corpora, Doubler
from samples.grammar import Grammar
from samples.legacy import in_cp949
from samples.plant import Fits, Planter
from samples.truth import Planted, Truth, rows_of, rows_of_damage

SMALLEST_SCALE = 0.1


def generate(out: Path, *, seed: int = 7, scale: float = 1.0) -> Truth:
    """Writes the corpora and `truth.jsonl` below `out`; the same seed and scale give the same bytes.

    Args:
        out: an empty or absent directory.
        seed: any whole number.
        scale: multiplies the number of documents; 1 gives about four thousand.

    Raises:
        ValueError: the scale is too small to hold every planted thing.
        FileExistsError: `out` holds something already.
    """
    if scale < SMALLEST_SCALE:
        raise ValueError(f"scale {scale} is below {SMALLEST_SCALE}: the corpora would lack planted things")
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty; name another directory or remove it first")
    grammar = Grammar.load()
    corpora = _compose(grammar, seed, scale)
    _plant_documents(corpora, grammar, seed, scale)
    damaged = list(damages(grammar.deal("office.sentence", 24, Random(f"{seed}/damaged"))))
    truth = _write(out, corpora, damaged, grammar, seed)
    truth.save(out / "truth.jsonl")
    return truth


def _fits(corpus: Corpus) -> Fits:
    def fits(text: str) -> bool:
        return not (corpus.one_line and "\n" in text) and not (corpus.legacy and not in_cp949(text))

    return fits


def _compose(grammar: Grammar, seed: int, scale: float) -> Corpora:
    planter = Planter(grammar, Random(f"{seed}/plant"))
    made: Corpora = {}
    for corpus in CORPORA:
        studio = Studio(grammar, Random(f"{seed}/{corpus.name}"), planter, _fits(corpus))
        count = max(8, round(corpus.documents * scale))
        made[corpus.name] = [corpus.compose(studio, f"{corpus.name}-{number:05}") for number in range(count)]
    return made


def _plant_documents(corpora: Corpora, grammar: Grammar, seed: int, scale: float) -> None:
    doubler = Doubler(corpora, grammar, Random(f"{seed}/doubles"), {corpus.name: _fits(corpus) for corpus in CORPORA})
    doubler.exact(max(1, round(8 * scale)))
    doubler.near(max(1, round(12 * scale)))
    doubler.families(max(3, round(14 * scale)))
    doubler.poor(max(1, round(3 * scale)))


def _write(out: Path, corpora: Corpora, damaged: list[Damage], grammar: Grammar, seed: int) -> Truth:
    rows: list[Planted] = []
    for corpus in CORPORA:
        root = out / corpus.name
        root.mkdir(parents=True)
        rng = Random(f"{seed}/layout/{corpus.name}")
        documents = corpora[corpus.name]
        rng.shuffle(documents)
        rows += rows_of(corpus.name, list(corpus.layout(root, documents, grammar, rng)), corpus.fields)
    write_damages(out, damaged)
    rows += rows_of_damage(damaged)
    return Truth(tuple(rows), {name: len(documents) for name, documents in corpora.items()})
