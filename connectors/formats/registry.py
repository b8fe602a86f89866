"""The table of formats: a new one is a module with `read` and a row here."""

from __future__ import annotations

from connectors.base import Item
from connectors.formats import conllu, csv, html, json, jsonl, markdown, parquet, txt, xml
from connectors.formats.contract import TO_END, WHOLE, Format, Split, always
from connectors.spec import SourceSpec

FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Format("jsonl", (".jsonl", ".ndjson"), jsonl.read, jsonl.JsonlOptions, always),
        Format("json", (".json",), json.read, json.JsonOptions),
        Format("csv", (".csv",), csv.read, csv.CsvOptions),
        Format("tsv", (".tsv", ".tab"), csv.read_tsv, csv.CsvOptions),
        Format("txt", (".txt", ".text"), txt.read, txt.TxtOptions, txt.is_lines),
        Format("markdown", (".md", ".mdx", ".markdown"), markdown.read, markdown.MarkdownOptions),
        Format("xml", (".xml",), xml.read, xml.XmlOptions),
        Format("html", (".html", ".htm", ".xhtml"), html.read, html.HtmlOptions),
        Format("parquet", (".parquet",), parquet.read, parquet.ParquetOptions, always),
        Format("conllu", (".conllu",), conllu.read, conllu.ConlluOptions),
        # Known, counted and reported, not read.
        Format("hwp", (".hwp",), None),
        Format("hwpx", (".hwpx",), None),
        Format("pdf", (".pdf",), None),
        Format("warc", (".warc",), None),
        Format("zip", (".zip", ".tar", ".tgz", ".7z", ".rar", ".alz", ".egg", ".bz2", ".xz", ".zst"), None),
        Format("office", (".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt", ".rtf", ".epub"), None),
        Format("unknown", (), None),
    )
}
_BY_SUFFIX = {suffix: row for row in FORMATS.values() for suffix in row.suffixes}
_GZIP = ".gz"


def format_of(spec: SourceSpec, name: str) -> Format:
    """The format of an item: the source's, or by suffix; one that nobody knows is "unknown", not skipped."""
    if spec.format != "auto":
        return FORMATS[spec.format]
    base = name.lower().removesuffix(_GZIP)
    dot = base.rfind(".")
    return _BY_SUFFIX.get(base[dot:] if dot >= 0 else "", FORMATS["unknown"])


def is_gzip(name: str) -> bool:
    """Whether an item is wrapped in gzip, by its name."""
    return name.lower().endswith(_GZIP)


def splits(item: Item, spec: SourceSpec, split_bytes: int) -> list[Split]:
    """Byte ranges of about one length that cover the item once: as few as `split_bytes` allows.

    The whole item when it is small, wrapped, or of a format read whole. Equal ones, because workers that are dealt
    a full range and a rest wait for each other.
    """
    if is_gzip(item.name) or item.size <= split_bytes or not format_of(spec, item.name).splittable(spec):
        return [WHOLE]
    count = -(-item.size // split_bytes)
    bounds = [item.size * n // count for n in range(count)]
    return [Split(start, end) for start, end in zip(bounds, [*bounds[1:], TO_END], strict=True)]
