"""The sample corpora: what each holds, how much, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass

from samples import compose, layouts
from samples.compose import Composer
from samples.document import FIELDS
from samples.layouts import Layout


@dataclass(frozen=True)
class Corpus:
    """One directory of the output. `documents` is the number at scale 1; `fields` are those its files keep."""

    name: str
    documents: int
    compose: Composer
    layout: Layout
    fields: tuple[str, ...] = FIELDS
    one_line: bool = False  # its format cannot hold a line break
    legacy: bool = False  # its files are CP949


CORPORA: tuple[Corpus, ...] = (
    Corpus("office-letters", 760, compose.letter, layouts.nested_jsonl),
    Corpus("notices-text", 190, compose.notice, layouts.plain_text, fields=("text",)),
    Corpus("notices-markdown", 200, compose.notice, layouts.markdown),
    Corpus("paper-abstracts", 700, compose.abstract, layouts.parquet),
    Corpus("paper-records", 280, compose.abstract, layouts.xml),
    Corpus("call-centre", 420, compose.dialogue, layouts.cp949_csv, fields=("text", "title", "author"), legacy=True),
    Corpus("call-transcripts", 280, compose.dialogue, layouts.json_arrays, fields=("text", "title", "author")),
    Corpus("web-pages", 300, compose.page, layouts.html),
    Corpus("mail-archive", 110, compose.message, layouts.utf16_text, fields=("text",)),
    Corpus("shop-reviews", 380, compose.review, layouts.tsv, fields=("text", "title"), one_line=True),
    Corpus("letter-mirror", 90, compose.letter, layouts.flat_jsonl, fields=("text", "title", "author")),
    Corpus("refused-archive", 20, compose.notice, layouts.flat_jsonl, fields=("text", "title", "author")),
    Corpus("refused-diaries", 20, compose.message, layouts.plain_text, fields=("text",)),
)
