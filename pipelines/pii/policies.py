"""The policy of a redaction: one of three words, or a file with the keys of a recipe's `protect` section."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import yaml

from governance.records.errors import ConfigError
from governance.records.settings import nearest, parse
from pipelines.recipe import ProtectSettings
from pipelines.stages.protect import policy_of
from transforms.pii.kinds import PIPA_CLASS, Kind, PipaClass
from transforms.pii.policy import Action, PiiPolicy

WORDS: dict[str, Action | None] = {"surrogates": None, "masks": Action.MASK, "placeholders": Action.DESTROY}


def read_policy(word: str, path: Path | None, at_least: int | None) -> tuple[PiiPolicy, str]:
    """The policy, and the epoch of its key.

    Raises:
        ConfigError: an unknown word or key, or an action that the law does not leave open; every problem at once.
    """
    if word not in WORDS:
        raise ConfigError(f"--with {word}: {', '.join(WORDS)}{nearest(word, WORDS)}")
    settings = ProtectSettings() if path is None else _settings(path)
    policy = policy_of(settings)
    instead = WORDS[word]
    if instead is not None:
        policy = replace(policy, actions={kind: _stricter(policy, kind, instead) for kind in policy.actions})
    return policy if at_least is None else replace(policy, at_least=at_least), settings.epoch


def _stricter(policy: PiiPolicy, kind: Kind, instead: Action) -> Action:
    """The word replaces what the policy would make a pseudonym or a coarser value of; what it keeps is kept."""
    action = policy.actions[kind]
    if PIPA_CLASS[kind] is PipaClass.UNIQUE_ID or action is Action.KEEP:
        return action
    return instead


def _settings(path: Path) -> ProtectSettings:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such policy file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: a policy is a mapping, such as `actions: {{phone: mask}}`")
    return parse(ProtectSettings, data.get("protect", data), str(path))
