import shlex
from pathlib import Path

from pipelines.costs import next_commands, stage_costs
from pipelines.tasks import Receipt
from tests.pipelines.plans import plan


def _receipt(stage: str, seconds: float, *, reused: bool = False, text_bytes: int = 0, documents: int = 5) -> Receipt:
    cost = {"seconds": seconds, "cpu_s": seconds / 2, "peak_rss_mb": 100 * seconds}
    return Receipt(stage, f"{stage}{seconds}", "s", {"in": documents}, {"text_bytes": text_bytes}, cost, reused)


def test_costs_add_up_by_stage_in_the_order_of_the_stages() -> None:
    receipts = [
        _receipt("protect", 1.0),
        _receipt("prepare", 2.0, text_bytes=3_000_000),
        _receipt("prepare", 1.0, text_bytes=3_000_000, reused=True),
        _receipt("verify", 0.5),
    ]
    prepare, verify, protect = stage_costs(receipts)
    assert [e["stage"] for e in (prepare, verify, protect)] == ["prepare", "verify", "protect"]
    assert (prepare["tasks"], prepare["reused"], prepare["documents"]) == (2, 1, 10)
    assert (prepare["seconds"], prepare["cpu_s"], prepare["mb"], prepare["mb_per_s"]) == (3.0, 1.5, 6.0, 2.0)
    assert prepare["peak_rss_mb"] == 200.0


def test_a_stage_that_took_no_time_has_no_rate() -> None:
    (entry,) = stage_costs([_receipt("judge", 0.0, text_bytes=1)])
    assert entry["mb_per_s"] == 0.0
    (bare,) = stage_costs([Receipt("judge", "n", "s", {})])
    assert (bare["seconds"], bare["documents"], bare["peak_rss_mb"]) == (0, 0, 0.0)


def test_the_next_commands_name_this_corpus_and_this_home(tmp_path: Path) -> None:
    commands = [shlex.split(command) for command in next_commands(plan(tmp_path))]
    assert [command[:2] for command in commands] == [["malmoi", "query"], ["malmoi", "verify"], ["malmoi", "serve"]]
    assert all(command[-2:] == ["--home", str(tmp_path)] for command in commands)


def test_a_home_with_a_space_in_its_name_can_be_pasted(tmp_path: Path) -> None:
    commands = [shlex.split(command) for command in next_commands(plan(tmp_path / "my home"))]
    assert all(command[-1] == str(tmp_path / "my home") for command in commands)
