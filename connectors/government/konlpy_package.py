"""Bills of the National Assembly and the Constitution, as the PyPI package konlpy carries them.

The files are found by the package's place on disk; konlpy is not imported, so no Java is needed.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from connectors.files import FilesConnector
from connectors.spec import SourceSpec
from governance.records.errors import ConfigError

_CORPUS = Path("data/corpus")


class KonlpyPackage(FilesConnector):
    """Items are `kobill/<number>.txt` and `kolaw/constitution.txt`; `include` chooses among them.

    Raises:
        ConfigError: konlpy is not installed.
    """

    def __init__(self, spec: SourceSpec) -> None:
        super().__init__(spec.model_copy(update={"path": str(_package() / _CORPUS)}))


def _package() -> Path:
    found = find_spec("konlpy")  # a top-level name: finding it imports nothing
    places = list(found.submodule_search_locations or ()) if found else []
    if not places:
        raise ConfigError("source connector konlpy: the package konlpy is not installed; pip install konlpy")
    return Path(places[0])
