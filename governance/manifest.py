"""The manifest of a release: an in-toto Statement that names every file, how it came about, and a proof for each shard.

    statement = build(facts, shards, files)          deterministic: no time, attempt, or signature in it
    envelope  = sign_statement(statement, signer)    releases/<release id>/manifest.dsse.json
    envelope  = sign_statement(root_statement(statement), signer)     the root alone, for a partial entitlement

Source: in-toto Attestation Framework v1 (Statement); RFC 6962 (tree); docs/decisions/governance-release.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from governance.merkle import Proof, Tree
from governance.records.errors import IntegrityError
from governance.records.ids import canonical_json
from governance.shards import Shard
from governance.signing import STATEMENT_TYPE

RELEASE_PREDICATE = "https://malmoi.org/attestation/release/v1"
ROOT_PREDICATE = "https://malmoi.org/attestation/release-root/v1"
MANIFEST, ROOT = "manifest.dsse.json", "root.dsse.json"


@dataclass(frozen=True)
class Book:
    """How many came to a stage and how they left it; `unit` is item or document."""

    source: str
    stage: str
    unit: str
    came: int
    kept: int
    dropped: int
    broken: int

    def require_balanced(self) -> None:
        """Refuses a book in which something appears or vanishes.

        Raises:
            IntegrityError: names source and stage, with the counts.
        """
        if self.came != self.kept + self.dropped + self.broken or min(self.kept, self.dropped, self.broken) < 0:
            raise IntegrityError(
                f"books of {self.source}, {self.stage}, {self.unit}s do not balance: "
                f"{self.came} in, {self.kept} kept + {self.dropped} dropped + {self.broken} broken"
            )


@dataclass(frozen=True)
class Facts:
    """What a manifest says beside its files. Everything here is a function of the plan.

    `snapshots` and `releases` are the inputs, name to digest; `recipe` is the recipe as data; `delta_version` is the
    version that the commit is to make.
    """

    corpus: str
    release_id: str
    plan: str
    delta_version: int
    code: str
    recipe: Mapping[str, Any]
    snapshots: Mapping[str, str] = field(default_factory=dict)
    releases: Mapping[str, str] = field(default_factory=dict)
    books: Sequence[Book] = ()


def build(facts: Facts, shards: Sequence[Shard], files: Mapping[str, str]) -> dict[str, Any]:
    """The release's statement; equal arguments give equal bytes whatever their order.

    Args:
        facts: what the release is.
        shards: every file of the Delta version, carried over or new.
        files: path (relative to the table) to SHA-256 of ledger, spans, clusters, card and whatever else is signed.

    Raises:
        IntegrityError: a path stands twice, or a book does not balance.
    """
    for book in facts.books:
        book.require_balanced()
    ordered = sorted(shards, key=lambda shard: shard.path)
    subjects = {shard.path: shard.sha256 for shard in ordered} | dict(files)
    if len(subjects) != len(shards) + len(files):
        raise IntegrityError(f"release {facts.release_id}: a path is named twice in the manifest")
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": subjects[name]}} for name in sorted(subjects)],
        "predicateType": RELEASE_PREDICATE,
        "predicate": _predicate(facts, ordered),
    }


def _predicate(facts: Facts, shards: Sequence[Shard]) -> dict[str, Any]:
    tree = Tree([leaf(entry) for entry in map(entry_of, shards)])
    entries = [
        entry_of(shard) | {"state": shard.state, "proof": proof_json(tree.proof(index))}
        for index, shard in enumerate(shards)
    ]
    return {
        "corpus": facts.corpus,
        "releaseId": facts.release_id,
        "plan": facts.plan,
        "deltaVersion": facts.delta_version,
        "code": facts.code,
        "recipe": dict(facts.recipe),
        "inputs": {"snapshots": dict(facts.snapshots), "releases": dict(facts.releases)},
        "books": [vars(book) for book in facts.books],
        "merkle": {"hash": "sha256", "tree": "RFC 6962", "size": tree.size, "root": tree.root.hex()},
        "shards": entries,
    }


def root_statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    """What a recipient of some shards gets: the root they lead to, and no word of the others."""
    whole = statement["predicate"]
    kept = ("corpus", "releaseId", "plan", "deltaVersion", "merkle")
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": whole["releaseId"], "digest": {"malmoiMerkleRoot": whole["merkle"]["root"]}}],
        "predicateType": ROOT_PREDICATE,
        "predicate": {key: whole[key] for key in kept},
    }


def entry_of(shard: Shard) -> dict[str, Any]:
    """What the tree's leaf says of a shard. Its state is left out: a suspension changes no file."""
    return {
        "path": shard.path,
        "sha256": shard.sha256,
        "bytes": shard.size,
        "rows": shard.rows,
        "source": shard.source,
        "licence": shard.licence,
    }


def leaf(entry: Mapping[str, Any]) -> bytes:
    """Leaf bytes of a shard's entry: canonical JSON of what `entry_of` names, anything else in it left out."""
    return canonical_json({key: entry[key] for key in ("path", "sha256", "bytes", "rows", "source", "licence")})


def proof_json(proof: Proof) -> dict[str, Any]:
    """A proof as JSON; hashes hexadecimal, from the leaf up."""
    return {"index": proof.index, "size": proof.size, "path": [step.hex() for step in proof.path]}


def proof_of(data: Mapping[str, Any], where: str) -> Proof:
    """Reads what `proof_json` wrote.

    Raises:
        IntegrityError: it has another shape.
    """
    try:
        return Proof(int(data["index"]), int(data["size"]), tuple(bytes.fromhex(step) for step in data["path"]))
    except (KeyError, TypeError, ValueError):
        raise IntegrityError(f"{where}: not an inclusion proof; fetch it again") from None


def shards_of(statement: Mapping[str, Any]) -> list[Shard]:
    """The shards a manifest names, without statistics; for carrying them over into the next release."""
    return [
        Shard(e["path"], e["sha256"], e["bytes"], e["rows"], e["source"], e["licence"], state=e["state"])
        for e in statement["predicate"]["shards"]
    ]
