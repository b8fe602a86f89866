from pathlib import Path

import pytest

from governance.records.errors import BusyError
from governance.records.storage import exclusive
from pipelines.home import Home
from pipelines.locks import corpus_lock, no_run


def test_nothing_runs_in_a_new_home(tmp_path: Path) -> None:
    with no_run(Home(tmp_path)):
        pass


@pytest.mark.parametrize("committed", [True, False], ids=["with a release", "before its first release"])
def test_a_run_on_any_corpus_keeps_it_out(tmp_path: Path, committed: bool) -> None:
    home = Home(tmp_path)
    for corpus in ("one", "two"):
        if committed:
            home.corpus(corpus).mkdir(parents=True)
        with exclusive(corpus_lock(home, corpus), corpus):
            pass
    with exclusive(corpus_lock(home, "two"), "corpus two"), pytest.raises(BusyError, match="corpus two"), no_run(home):
        raise AssertionError("it got in")
    with no_run(home):
        pass


def test_it_keeps_runs_out_and_lets_go_of_all_when_it_fails(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.corpus("one").mkdir(parents=True)
    with pytest.raises(ValueError, match="stop"), no_run(home):
        with pytest.raises(BusyError), exclusive(corpus_lock(home, "one"), "corpus one"):
            raise AssertionError("it got in")
        raise ValueError("stop")
    with exclusive(corpus_lock(home, "one"), "corpus one"):
        pass
