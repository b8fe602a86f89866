from pathlib import Path

import pytest

from samples import Truth, generate
from samples.grammar import Grammar


@pytest.fixture(scope="session")
def grammar() -> Grammar:
    return Grammar.load()


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """Corpora of a fifth of the usual size, with their truth."""
    out = tmp_path_factory.mktemp("samples") / "out"
    return out, generate(out, seed=7, scale=0.2)
