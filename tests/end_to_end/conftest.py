"""A small world: sources with terms, a recipe, and runs of the main job in this process."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

import samples
from governance.records.storage import files_below
from governance.shards import file_sha256
from pipelines.engine import Engine
from pipelines.home import Home
from pipelines.planning import Request

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TERMS: dict[str, Any] = {
    "licence": "LicenseRef-KOGL-1",
    "holder": "시험청",
    "legal_basis": "licence",
    "evidence": ["made for this test"],
}
# Files whose bytes hold times or places: everything else of a release belongs to the identical set.
NOT_IDENTICAL = ("_delta_log", "lineage.jsonl", "seal.dsse.json")


@dataclass
class World:
    """Sources, a recipe and an installation below one directory."""

    root: Path
    sources: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        return Home.of(self.root / "home")

    def add(
        self, name: str, files: Mapping[str, bytes], *, terms: Mapping[str, Any] | None = None, **spec: Any
    ) -> None:
        """A source called `name` over these files."""
        directory = self.root / "data" / name
        for path, data in files.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_bytes(data)
        directory.mkdir(parents=True, exist_ok=True)
        whole = {"name": name, "sector": "government", "domain": "test", "path": str(directory), **spec}
        whole["terms"] = dict(TERMS if terms is None else terms)
        self._write(f"{name}.yaml", whole)
        if f"{name}.yaml" not in self.sources:
            self.sources.append(f"{name}.yaml")

    def jsonl(self, name: str, documents: Sequence[Mapping[str, Any]], **spec: Any) -> None:
        """A source of one JSON Lines file."""
        data = "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in documents).encode()
        fields = {"native_id": "id", "title": "title", "url": "url", "author": "author"}
        self.add(name, {"part.jsonl": data}, fields=spec.pop("fields", fields), **spec)

    @property
    def recipe(self) -> Path:
        whole = {"name": "test", "corpus": "test", "as_of": "2026-11-24", "sources": self.sources, **self.settings}
        return self._write("recipe.yaml", whole)

    def run(self, engine: Engine | None = None, *, home: Home | None = None, **request: Any) -> dict[str, Any]:
        """Runs the main job here."""
        from pipelines.job import run_job

        made = Request(self.recipe, home or self.home, NOW, {}, engine or Engine("local"), **request)
        return run_job(made, Console(quiet=True), quiet=True)

    def _write(self, name: str, value: Any) -> Path:
        path = self.root / name
        path.write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")
        return path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty world."""
    return World(tmp_path)


def letter(number: int, *, extra: str = "") -> str:
    """A Korean text of some length, unlike those of other numbers."""
    words = [
        "민원",
        "처리",
        "결과",
        "안내",
        "도로",
        "공사",
        "기간",
        "예산",
        "지원",
        "신청",
        "접수",
        "담당",
        "부서",
        "회의",
        "자료",
        "검토",
    ]
    picked = [words[int(c, 16)] for c in hashlib.sha256(str(number).encode()).hexdigest()]
    lines = [
        f"{number}번 문서는 {picked[i]}와 {picked[i + 1]}에 관한 {picked[i + 2]}을 {picked[i + 3]}하여 알려 드립니다."
        for i in range(0, 60, 4)
    ]
    return "\n".join(lines) + extra


def documents(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Plain documents with every free field."""
    return [
        {
            "id": f"native-{n:05d}",
            "text": letter(n),
            "title": f"제목 {n} 안내문",
            "url": f"https://example.org/doc/{n}",
            "author": f"작성부서{n}",
        }
        for n in range(start, start + count)
    ]


def identical_set(home: Home, corpus: str = "test") -> dict[str, str]:
    """Digest of every file that must not depend on how it was made."""
    root = home.corpus(corpus)
    return {
        name: file_sha256(root / name)
        for name in files_below(root)
        if not any(part in NOT_IDENTICAL for part in name.split("/"))
    }


@pytest.fixture(scope="session")
def sample_corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's generated corpora, a tenth of their size."""
    directory = tmp_path_factory.mktemp("samples")
    samples.generate(directory, seed=11, scale=0.1)
    return directory


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory, sample_corpora: Path) -> Home:
    """A released demo; tests that change it take `fresh_demo`."""
    from pipelines.commands.demo import RECIPE
    from pipelines.job import run_job

    os.environ["MALMOI_SAMPLES"] = str(sample_corpora)
    home = Home.of(tmp_path_factory.mktemp("demo") / "home")
    run_job(Request(RECIPE, home, NOW, {}, Engine("local")), Console(quiet=True), quiet=True)
    return home


@pytest.fixture
def fresh_demo(tmp_path: Path, demo_home: Home) -> Home:
    """A copy of the released demo that a test may change."""
    shutil.copytree(demo_home.root, tmp_path / "home", symlinks=True)
    return Home.of(tmp_path / "home")


@pytest.fixture
def command() -> Callable[..., Any]:
    """Runs `malmoi` in this process: exit code, standard output, standard error."""
    from tests.end_to_end.commands import invoke

    return invoke
