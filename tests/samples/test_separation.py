"""What plants personal data and what finds it share no word list and no pattern.

Otherwise a value would be found because both sides were written from one list, and the figures would mean nothing.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT / "samples"
RECOGNISERS = ROOT / "transforms" / "pii"

# Closed sets of the real world, which everybody who lists them lists alike. Whatever else two lists share is a fault.
UNAVOIDABLE = {
    "surname": "the Korean surnames: about 280 exist and a hundred cover everybody",
    "surname.double": "the double surnames: about ten exist",
    "province": "the seventeen provinces and metropolitan cities",
    "bank.short": "the banks' names",
}
# Particles and endings (조사, 어미) are grammar, a closed class of the language: they say nothing of any value.
GRAMMAR = {"으로", "라고", "라는", "이라", "이랑", "에게", "에서", "까지", "부터"}
SHARED_AT_MOST = 3
SHORTEST_LIST = 5
_PATTERN_SIGNS = re.compile(r"\\[dswbu]|\[[^\]]+\][{+*?]|\(\?|\{\d+(,\d*)?\}")


def strings_in(node: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def python_lists(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Entries of every literal list, tuple, set and mapping; a string of several words is a list too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            yield f"{path.name}:{node.lineno}", {s.strip() for s in strings_in(node)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not is_prose(node.value):
            yield f"{path.name}:{node.lineno}", set(re.split(r"[\s,|/()]+", node.value))


def is_prose(text: str) -> bool:
    """Docstrings and messages are sentences: mostly Latin words."""
    letters = [sign for sign in text if sign.isalpha()]
    return sum("가" <= sign <= "힣" for sign in letters) < len(letters) / 2


def data_lists(path: Path) -> Iterator[tuple[str, set[str]]]:
    if path.suffix in (".txt", ".tsv", ".csv"):
        sections = re.split(r"^\[(.+)\]$", path.read_text("utf-8"), flags=re.MULTILINE)
        for name, body in zip(["", *sections[1::2]], sections[::2], strict=True):
            yield name or path.name, {cell for line in body.splitlines() for cell in re.split(r"[\t,]", line)}
    elif path.suffix in (".json", ".yaml"):
        data = (
            json.loads(path.read_text("utf-8")) if path.suffix == ".json" else yaml.safe_load(path.read_text("utf-8"))
        )
        yield path.name, set(flat(data))


def flat(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (key for key in value if isinstance(key, str))
        for inner in value.values():
            yield from flat(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from flat(inner)
    elif isinstance(value, str):
        yield value


def lists_of(root: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix != ".py" and not path.is_file():
            continue
        for name, entries in python_lists(path) if path.suffix == ".py" else data_lists(path):
            words = {entry for entry in entries if re.search("[가-힣]", entry)}
            if len(words) >= SHORTEST_LIST:
                found.setdefault(name, set()).update(words)
    return found


def patterns_of(root: Path) -> set[str]:
    found = {text for path in root.rglob("*.py") for text in strings_in(ast.parse(path.read_text("utf-8")))}
    return {text for text in found if _PATTERN_SIGNS.search(text)}


def test_generator_and_recognisers_share_no_word_list() -> None:
    unavoidable = set().union(*(lists_of(GENERATOR)[name] for name in UNAVOIDABLE))
    shared = {
        f"{ours} and {theirs}": sorted(words & others - unavoidable - GRAMMAR)
        for ours, words in lists_of(GENERATOR).items()
        if ours not in UNAVOIDABLE
        for theirs, others in lists_of(RECOGNISERS).items()
    }
    assert {pair: words for pair, words in shared.items() if len(words) > SHARED_AT_MOST} == {}


def test_generator_and_recognisers_share_no_pattern() -> None:
    assert patterns_of(GENERATOR) & patterns_of(RECOGNISERS) == set()


def test_the_comparison_would_notice_a_copied_list() -> None:
    words = lists_of(GENERATOR)["given"]
    assert len(words) > 40
    assert len(words & set(sorted(words)[:5])) > SHARED_AT_MOST


def test_the_generator_imports_nothing_of_ours() -> None:
    ours = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()} - {"samples"}
    assert {"transforms", "governance", "pipelines"} <= ours
    for path in GENERATOR.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not {name.split(".")[0] for name in names} & ours, path
