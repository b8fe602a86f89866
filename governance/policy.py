"""Policies: Cedar text that officers can read decides who may do what; nothing is allowed unless a policy says so.

Every decision names the policies that made it. A decision that cannot be made (an attribute is missing, a policy
fails on it) is a refusal: a broken `forbid` must not let anything through.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

import cedarpy

from governance.records.errors import ConfigError, RefusedError
from governance.records.ids import content_name

Gate = Literal["admit", "place", "share", "label", "erase"]
SCHEMA_FILE = "schema.cedarschema"
DEFAULT_DENY = "default-deny"
CANNOT_DECIDE = "cannot-decide"
_ANNOTATIONS = ("id", "reason", "reason_ko")


@dataclass(frozen=True)
class Entity:
    """Who acts or what is acted on, as the policies' schema declares it. Dates become Cedar datetimes."""

    kind: str
    id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uid(self) -> dict[str, str]:
        """Cedar's structured name; any characters may stand in the id."""
        return {"type": self.kind, "id": self.id}

    def __str__(self) -> str:
        return f"{self.kind}::{self.id}"


@dataclass(frozen=True)
class Decision:
    """What was decided, by which policies, and why.

    Attributes:
        policies: ids of the policies that decided, sorted; `default-deny` when none permits.
        reasons: one English sentence a policy, in the same order; `reasons_ko` the same in Korean.
        duties: what a recipient must keep to (codes of the licence table).
        grant: the grant it was decided under, if any.
    """

    effect: Literal["allow", "deny"]
    policies: tuple[str, ...]
    reasons: tuple[str, ...]
    duties: tuple[str, ...] = ()
    reasons_ko: tuple[str, ...] = ()
    gate: str = ""
    principal: str = ""
    resource: str = ""
    grant: str | None = None

    @property
    def allowed(self) -> bool:
        """Whether the effect is `allow`."""
        return self.effect == "allow"

    @property
    def sentence(self) -> str:
        """`share refused for Recipient::a on Shard::x: why [policy-id]; why else [other-id]`."""
        verb = "allowed" if self.allowed else "refused"
        because = "; ".join(f"{why} [{name}]" for why, name in zip(self.reasons, self.policies, strict=True))
        return f"{self.gate} {verb} for {self.principal} on {self.resource}: {because}"

    def require(self) -> Decision:
        """Gives the decision back when it allows.

        Raises:
            RefusedError: otherwise; carries the policy ids and the reasons.
        """
        if not self.allowed:
            raise RefusedError(self.sentence, self.policies)
        return self

    def record(self) -> dict[str, Any]:
        """JSON-ready value for the event log."""
        return {"effect": self.effect, "policies": list(self.policies), "gate": self.gate, "grant": self.grant}


class Policies:
    """A validated bundle of policies with its schema."""

    def __init__(self, texts: Mapping[str, str], schema: str) -> None:
        source = "\n".join(texts[name] for name in sorted(texts))
        self._annotations = _checked(source, schema)
        self._policies = cedarpy.PolicySet.from_str(source)
        self._schema = cedarpy.Schema.from_str(schema)
        self.bundle_digest = content_name({"schema": schema, "policies": dict(texts)})

    @classmethod
    def load(cls, directory: Path) -> Policies:
        """Reads every `*.cedar` file of a directory, and the schema beside them.

        Raises:
            ConfigError: no policies, a policy without @id, @reason and @reason_ko, an id used twice, or a policy that
                does not fit the schema; every problem at once.
        """
        texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(directory.glob("*.cedar"))}
        schema = directory / SCHEMA_FILE
        if not texts or not schema.exists():
            raise ConfigError(f"{directory}: needs *.cedar files and {SCHEMA_FILE}; see configs/policies")
        return cls(texts, schema.read_text(encoding="utf-8"))

    @property
    def ids(self) -> tuple[str, ...]:
        """Every policy id, sorted."""
        return tuple(sorted(entry["id"] for entry in self._annotations.values()))

    def decide(self, gate: Gate, principal: Entity, resource: Entity, context: Mapping[str, Any]) -> Decision:
        """Decides one request. Never raises for a refusal; call `.require()` for that."""
        request = {"principal": principal.uid, "action": {"type": "Action", "id": gate}, "resource": resource.uid}
        entities = [{"uid": e.uid, "attrs": _cedar(e.attributes), "parents": []} for e in (principal, resource)]
        result = cedarpy.is_authorized(request | {"context": _cedar(context)}, self._policies, entities, self._schema)
        about: dict[str, Any] = {"gate": gate, "principal": str(principal), "resource": str(resource)}
        if result.diagnostics.errors:
            why = f"the policies cannot be applied: {'; '.join(result.diagnostics.errors)}"
            return Decision("deny", (CANNOT_DECIDE,), (why,), reasons_ko=("정책을 적용할 수 없습니다",), **about)
        return self._explained(result.allowed, result.diagnostics.reasons, about)

    def _explained(self, allowed: bool, determining: Sequence[str], about: dict[str, Any]) -> Decision:
        effect: Literal["allow", "deny"] = "allow" if allowed else "deny"
        if not determining:
            return Decision(
                effect, (DEFAULT_DENY,), ("no policy permits it",), reasons_ko=("허용하는 정책이 없습니다",), **about
            )
        found = sorted((self._annotations[name] for name in determining), key=lambda entry: entry["id"])
        ids, reasons, korean = (tuple(entry[key] for entry in found) for key in _ANNOTATIONS)
        return Decision(effect, ids, reasons, reasons_ko=korean, **about)


def default_policies() -> Path:
    """Directory of the policies that Malmoi ships."""
    return Path(__file__).parents[1] / "configs" / "policies"


def _checked(source: str, schema: str) -> dict[str, dict[str, str]]:
    """Annotations of each policy, by Cedar's own name of it."""
    try:
        policies = json.loads(cedarpy.policies_to_json_str(source))["staticPolicies"]
    except ValueError as error:
        raise ConfigError(f"policies: not Cedar: {error}") from error
    annotations = {name: policy.get("annotations", {}) for name, policy in policies.items()}
    problems = [
        f"policies: {entry.get('id', name)}: @{key} is missing"
        for name, entry in annotations.items()
        for key in _ANNOTATIONS
        if not entry.get(key)
    ]
    ids = [entry.get("id") for entry in annotations.values()]
    problems += [f"policies: @id({name!r}) is used twice" for name in sorted({str(i) for i in ids if ids.count(i) > 1})]
    result = cedarpy.validate_policies(source, schema)
    problems += [f"policies: {error.error}" for error in result.errors]
    if problems:
        raise ConfigError(problems)
    return annotations


def _cedar(value: Any) -> Any:
    """Python to Cedar JSON: dates to datetimes, tuples and sets to sorted lists, None left out."""
    if isinstance(value, Mapping):
        return {key: _cedar(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, set | frozenset | tuple | list):
        return [_cedar(inner) for inner in sorted(value)]
    if isinstance(value, date):
        return {"__extn": {"fn": "datetime", "arg": value.strftime("%Y-%m-%d")}}
    return value
