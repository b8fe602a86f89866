"""Schemas of every record on disk, and the class of every string column.

Released types are int32, int64, float64, string, timestamp[us, UTC], lists and structs: unsigned integers
and large strings break Delta readers. A string column whose class is not declared here does not publish.
"""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from governance.records.errors import IntegrityError, VersionError

SCHEMA_VERSION = "1.1"  # columns were added: the second number; all that reads the first reads it
_VERSION_KEY = b"malmoi.schema_version"
UTC = pa.timestamp("us", tz="UTC")


class ColumnClass(StrEnum):
    """What a string column may hold, which decides whether it is scrubbed and whether statistics are written."""

    IDENTIFIER = "identifier"  # ours, keyed: statistics allowed
    VOCABULARY = "vocabulary"  # a closed list of ours: statistics allowed on `source` only
    TEXT = "text"  # scrubbed; no statistics
    FREE = "free"  # title, URL, author, file name, speaker: scrubbed like text; no statistics


# What Prepare measures and never judges. Shares are 0 to 1 of `chars` unless said otherwise.
MEASURES: dict[str, pa.DataType] = {
    "syllables": pa.int32(),  # Hangul syllables (U+AC00..U+D7A3)
    "eojeol": pa.int32(),  # white-space separated words (어절)
    "lines": pa.int32(),  # lines that are not blank
    "hangul_share": pa.float64(),  # Hangul syllables and jamo, of the characters that are not white space
    "hanja_share": pa.float64(),  # of the characters that are not white space, as are the next three
    "latin_share": pa.float64(),
    "digit_share": pa.float64(),
    "symbol_share": pa.float64(),
    "url_share": pa.float64(),  # characters inside URLs
    "mean_eojeol_chars": pa.float64(),
    "repeated_line_share": pa.float64(),  # characters in lines seen before in the document
    "longest_run": pa.int32(),  # longest run of one character that is not white space
    "repeated_ngram_share": pa.float64(),  # characters covered by repeated word 5-grams
    "sentence_end_share": pa.float64(),  # non-blank lines that end like a Korean sentence, of non-blank lines
    "replacement_share": pa.float64(),  # U+FFFD and typical mojibake
}

PII_STRUCT = pa.struct(
    [
        ("level", pa.string()),  # raw | pseudonymised; never "anonymised" by code
        ("counts", pa.list_(pa.struct([("kind", pa.string()), ("count", pa.int32())]))),
    ]
)

# Categories of sensitive information (PIPA art. 23) that sentences of a document speak of, with how many do.
SENSITIVE = pa.list_(pa.struct([("category", pa.string()), ("sentences", pa.int32())]))

# Columns are added at the end and may be null: shards of an older release are not rewritten and have none of them.
DOCUMENT = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("title", pa.string()),
        pa.field("url", pa.string()),
        pa.field("author", pa.string()),
        pa.field("published_at", UTC),
        pa.field("collected_at", UTC),
        pa.field("sector", pa.string(), nullable=False),
        pa.field("domain", pa.string()),
        pa.field("licence", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("chars", pa.int32(), nullable=False),
        pa.field("quality", pa.struct(list(MEASURES.items())), nullable=False),
        pa.field("pii", PII_STRUCT, nullable=False),
        pa.field("cluster_size", pa.int32(), nullable=False),
        pa.field("release_id", pa.string(), nullable=False),
        pa.field("lineage", pa.list_(pa.string()), nullable=False),
        pa.field("sensitive", SENSITIVE),  # since 1.1; title and text together
    ],
    metadata={_VERSION_KEY: SCHEMA_VERSION.encode()},
)

# What a connector yields: `locator` is the stable place inside the item ("" for a whole file).
RAW = pa.schema(
    [
        pa.field("native_id", pa.string()),  # null: item name + locator stand in
        pa.field("locator", pa.string(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),  # bytes in the item as stored, -1 unknown
        pa.field("length", pa.int64(), nullable=False),
        pa.field("text", pa.large_string()),
        pa.field("title", pa.string()),
        pa.field("url", pa.string()),
        pa.field("author", pa.string()),
        pa.field("published_at", UTC),
        pa.field("domain", pa.string()),
    ]
)

# Restricted zone only: encrypted, short-lived. One row per document that could be read.
STAGED = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("native_id", pa.string(), nullable=False),
        pa.field("native_key", pa.binary(16), nullable=False),
        pa.field("item", pa.int32(), nullable=False),  # index into the snapshot
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("length", pa.int64(), nullable=False),
        pa.field("text", pa.large_string()),  # null once erased
        pa.field("title", pa.string()),
        pa.field("url", pa.string()),
        pa.field("author", pa.string()),
        pa.field("published_at", UTC),
        pa.field("collected_at", UTC),
        pa.field("domain", pa.string()),
        pa.field("language", pa.string(), nullable=False),
        pa.field("chars", pa.int32(), nullable=False),
        pa.field("bytes", pa.int32(), nullable=False),  # UTF-8 bytes of `text`
        pa.field("quality", pa.struct(list(MEASURES.items())), nullable=False),
        pa.field("destroyed", PII_STRUCT.field("counts").type, nullable=False),  # unique identifiers, by kind
        pa.field("text_key", pa.binary(16), nullable=False),  # keyed digest of the normalised letters and digits
        pa.field("signature", pa.binary(), nullable=False),  # little-endian uint32, one per permutation
    ],
    metadata={_VERSION_KEY: SCHEMA_VERSION.encode()},
)

# Quarantine is a pointer: bytes are not kept where the source can be read again.
BROKEN = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("item", pa.int32(), nullable=False),
        pa.field("unit", pa.string(), nullable=False),  # item | document
        pa.field("code", pa.string(), nullable=False),  # errors.ErrorCode
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("length", pa.int64(), nullable=False),
        pa.field("locator", pa.string(), nullable=False),  # place inside the item, as in RAW; "" for an item
        pa.field("digest", pa.string(), nullable=False),  # keyed, base32
    ],
    metadata={_VERSION_KEY: SCHEMA_VERSION.encode()},
)

DECISION = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),  # name@version
        pa.field("outcome", pa.string(), nullable=False),  # kept | dropped | broken | marked | cut
        pa.field("measured", pa.float64()),
        pa.field("bound", pa.float64()),
        pa.field("code", pa.string()),
        pa.field("related", pa.string()),  # doc_id of the survivor, or erasure id
    ],
    metadata={_VERSION_KEY: SCHEMA_VERSION.encode()},
)

SPAN = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("field", pa.string(), nullable=False),  # text | title | url | author
        pa.field("kind", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),  # half-open code points of the staged field
        pa.field("end", pa.int32(), nullable=False),
        pa.field("score", pa.int32(), nullable=False),  # per mille
        pa.field("recogniser", pa.string(), nullable=False),  # name@version
        pa.field("action", pa.string(), nullable=False),  # destroy | mask | pseudonymise | generalise | keep
    ],
    metadata={_VERSION_KEY: SCHEMA_VERSION.encode()},
)

# A sentence that speaks of something sensitive. What a document says on the whole stands in its row.
SENTENCE = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("field", pa.string(), nullable=False),  # text | title
        pa.field("category", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),  # half-open code points, counted as in SPAN
        pa.field("end", pa.int32(), nullable=False),
        pa.field("recogniser", pa.string(), nullable=False),  # name@version
    ],
    metadata={_VERSION_KEY: SCHEMA_VERSION.encode()},
)

# A passage that was taken out of a released text. The ledger's decisions name the rule once a document.
CUT = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),  # name@version
        pa.field("start", pa.int32(), nullable=False),  # half-open code points of the staged text
        pa.field("end", pa.int32(), nullable=False),
        pa.field(
            "measured", pa.float64(), nullable=False
        ),  # documents that have the passage; share of a benchmark item
        pa.field("code", pa.string()),  # benchmark suite
        pa.field("related", pa.string()),  # doc_id of where it stays, or hash of suite and item
    ],
    metadata={_VERSION_KEY: SCHEMA_VERSION.encode()},
)

COLUMN_CLASSES: dict[str, ColumnClass] = {
    "doc_id": ColumnClass.IDENTIFIER,
    "release_id": ColumnClass.IDENTIFIER,
    "text": ColumnClass.TEXT,
    "title": ColumnClass.FREE,
    "url": ColumnClass.FREE,
    "author": ColumnClass.FREE,
    "source": ColumnClass.VOCABULARY,
    "sector": ColumnClass.VOCABULARY,
    "domain": ColumnClass.FREE,
    "licence": ColumnClass.VOCABULARY,
    "language": ColumnClass.VOCABULARY,
    "pii.level": ColumnClass.VOCABULARY,
    "pii.counts.kind": ColumnClass.VOCABULARY,
    "lineage": ColumnClass.VOCABULARY,
    "sensitive.category": ColumnClass.VOCABULARY,
}


def string_columns(schema: pa.Schema) -> list[str]:
    """Dotted names of every string leaf of a schema, list levels left out."""
    found: list[str] = []

    def walk(name: str, kind: pa.DataType) -> None:
        if pa.types.is_struct(kind):
            for field in kind:
                walk(f"{name}.{field.name}", field.type)
        elif pa.types.is_list(kind):
            walk(name, kind.value_type)
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            found.append(name)

    for field in schema:
        walk(field.name, field.type)
    return found


def require_publishable(schema: pa.Schema) -> None:
    """Refuses a schema with an undeclared string column.

    Raises:
        IntegrityError: names the columns and says where to declare them.
    """
    undeclared = [c for c in string_columns(schema) if c not in COLUMN_CLASSES]
    if undeclared:
        raise IntegrityError(
            f"string columns without a class: {', '.join(undeclared)}; declare them in governance/records/schemas.py"
        )


def require_readable(schema: pa.Schema, where: str) -> None:
    """Refuses a file of a newer major schema version.

    Raises:
        VersionError: says which version was met and which is known.
    """
    written = (schema.metadata or {}).get(_VERSION_KEY, SCHEMA_VERSION.encode()).decode()
    if int(written.split(".")[0]) > int(SCHEMA_VERSION.split(".")[0]):
        raise VersionError(f"{where}: schema version {written}, this Malmoi reads up to {SCHEMA_VERSION}; upgrade it")
