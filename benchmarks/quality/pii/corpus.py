"""Training texts for the name tagger: gold documents of the training part, our own templates, statutes without names.

Names in gold documents are replaced by others of the same kind in further copies, so that the tagger learns what stands
around a name and how names are built, and not who is named in the set.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from benchmarks.quality.pii.invented import SURNAMES, Names
from benchmarks.quality.pii.templates import NAMELESS, TEMPLATES, fill
from transforms.pii.gold import GoldDocument, Span, is_test, read_gold

SETS = ("klue_ner", "kopii_audited", "kopii_evalcorpus", "kopii_unaudited", "nufi")
COPIES = {"klue_ner": 4, "kopii_audited": 3, "kopii_evalcorpus": 3, "kopii_unaudited": 1, "nufi": 1}
_KOREAN = re.compile(rf"(?<![가-힣])[{SURNAMES}][가-힣]{{2}}")
_OFFICE = re.compile(
    r"판사|대법관|변호사|변호인|검사|【|대리인|(?:소외|공소외|원고|피고|피고인|피해자|증인|망|위|같은|동)\s+"
    rf"[{SURNAMES}][가-힣]{{1,2}}(?![가-힣]{{2}})"
)
Example = tuple[str, list[tuple[int, int]]]


def training_documents(data: Path) -> list[GoldDocument]:
    """Documents of the training part of every set; the test part is never read further than its hash."""
    found = [d for name in SETS for d in read_gold(data / "pii" / "gold" / f"{name}.jsonl")]
    return [document for document in found if not is_test(document.text)]


def names_of(document: GoldDocument) -> list[tuple[int, int]]:
    """Spans labelled NAME, single Latin letters (A 씨) left out: courts and papers made those nameless."""
    spans = [(s.start, s.end) for s in document.spans if s.label == "NAME"]
    return [(a, b) for a, b in spans if not re.fullmatch(r"[A-Za-z]", document.text[a:b])]


def examples(documents: Sequence[GoldDocument], names: Names, seed: int) -> Iterator[Example]:
    """Each document as it is, and copies with other names."""
    rng = random.Random(seed)
    for document in documents:
        spans = names_of(document)
        yield document.text, spans
        for _ in range(COPIES[document.set] if spans else 0):
            yield renamed(document.text, spans, names, rng)


def renamed(text: str, spans: Sequence[tuple[int, int]], names: Names, rng: random.Random) -> Example:
    """The text with each name replaced by another of its kind, the same one by the same one."""
    chosen: dict[str, str] = {}
    parts, moved, done = [], [], 0
    for start, end in sorted(spans):
        value = text[start:end]
        instead = chosen[value] = chosen.get(value) or names.like(value, rng)
        parts += [text[done:start], instead]
        at = sum(len(p) for p in parts)
        moved.append((at - len(instead), at))
        done = end
    return "".join([*parts, text[done:]]), moved


def made_up(names: Names, count: int, seed: int) -> Iterator[Example]:
    """Texts from our own templates."""
    rng = random.Random(seed)
    for _ in range(count):
        yield fill(rng.choice(TEMPLATES), names, rng)
    for text in NAMELESS:
        yield text, []


def nameless(data: Path, listed: Collection[str]) -> dict[str, list[str]]:
    """Lines in which nobody is named: statutes and rules, headnotes (판시사항, 판결요지) of decisions, manuals.

    Decisions themselves name judges, counsel and, the older ones, parties: of their lines, those that no rule here
    takes for one with a name.

    Args:
        listed: names of persons in the dictionary.
    """
    manuals = [*(data / "private" / "html_libreoffice").rglob("*.html"), *(data / "private" / "md_react").rglob("*.md")]
    return {
        "statutes": [line for path in _files(data, "laws_md") for line in _lines(path)],
        "headnotes": [line for path in _files(data, "precedents_md") for line in _headnotes(path)],
        "decisions": [
            line for path in _files(data, "precedents_md") for line in _lines(path) if not _may_name(line, listed)
        ],
        "manuals": [line for path in sorted(manuals) if not is_test(path.name) for line in _lines(path)],
    }


def unlabelled(data: Path, count: int, seed: int) -> list[str]:
    """Texts of many kinds to watch the tagger on: reviews, comments, headlines, articles, statutes, decisions.

    What is in the test part is left out (reviews of this set are among KLUE's sentences).
    """
    rng = random.Random(seed)
    private = data / "private"
    reviews = [
        r["review"]
        for path in sorted((private / "nsmc_raw").glob("[0-9]*.json"))
        for r in json.loads(path.read_text(encoding="utf-8"))
    ]
    comments = (private / "comments" / "unlabeled_comments_5.txt").read_text(encoding="utf-8").splitlines()
    headlines = sorted(set((private / "comments" / "news_title_5.txt").read_text(encoding="utf-8").splitlines()))
    articles = [*(private / "wikipedia_txt").glob("*.txt"), *(data / "gov" / "press_release").glob("*.txt")]
    decisions = rng.sample(_files(data, "precedents_md"), 200)
    statutes = [line for path in _files(data, "laws_md") for line in _lines(path)]
    pools = (reviews, comments, headlines, [p.read_text(encoding="utf-8") for p in sorted([*articles, *decisions])])
    texts = [text for pool in (*pools, statutes) for text in rng.sample(pool, min(count, len(pool)))]
    return [text for text in texts if not is_test(text)]


def _may_name(line: str, listed: Collection[str]) -> bool:
    """Whether a line of a decision may name somebody: a listed name, or a word with a surname where a party stands."""
    words = (word.group()[:3] for word in _KOREAN.finditer(line))
    return _OFFICE.search(line) is not None or any(word in listed for word in words)


def _files(data: Path, folder: str) -> list[Path]:
    """Files of the training part, by a hash of their names."""
    return [path for path in sorted((data / "gov" / folder).rglob("*.md")) if not is_test(path.name)]


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if len(line) > 20 and not line.startswith("---")]


def _headnotes(path: Path) -> list[str]:
    """Lines below `## 판시사항` and `## 판결요지`, up to the next heading."""
    found, wanted = [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            wanted = line.startswith(("## 판시사항", "## 판결요지"))
        elif wanted and len(line) > 20:
            found.append(line)
    return found


def as_document(example: Example, name: str) -> GoldDocument:
    """An example as a gold document of a set."""
    text, spans = example
    return GoldDocument(name, text, tuple(Span(a, b, "NAME") for a, b in spans), name)
