from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from governance.erasure import Tombstones
from governance.records.errors import ConfigError
from pipelines.families import FAMILIES
from pipelines.stages.blank import blank
from pipelines.stages.judge import JudgeTask, judge_task, source_bounds
from pipelines.tasks import Context, Receipt
from tests.pipelines.plans import CHOSEN, WORK, context, plan, source, staged, write_staged


def _judged(made: Context, erased: Sequence[bool] = (), **columns: Sequence[object]) -> tuple[pl.DataFrame, Receipt]:
    table = staged("letters", ["하나", "둘둘", "셋셋셋", "넷"], **columns)
    if erased:
        table = blank(table, np.array(erased))
    write_staged(made, "letters", "s", table)
    out = {"zone": "letters", "rows": table.num_rows, "text_bytes": 24}
    task = judge_task(made.plan, Receipt("prepare", "s", "letters", {}, out))
    receipt = task.run(made)
    return pl.DataFrame(made.read(WORK, made.path(WORK, "judge", task.name))), receipt


def test_one_verdict_a_staged_row_in_order_and_the_books(tmp_path: Path) -> None:
    made = context(tmp_path, recipe={"judge": {"bounds": {"chars": {"at_least": 2}}}})
    judged, receipt = _judged(made)
    assert judged["keep"].to_list() == [True, True, True, False]
    assert judged.row(3, named=True) | {"rule": "chars@1", "measured": 1.0, "bound": 2.0} == judged.row(3, named=True)
    assert receipt.books == {"in": 4, "kept": 3, "dropped": 1, "broken": 0}
    assert receipt.out["rules"] == {"chars@1": 1} and receipt.out["kept_bytes"] == 6 + 6 + 9
    assert set(judged.columns) >= {f"b{n}" for n in range(CHOSEN.bands)} and "text" not in judged.columns


def test_a_sources_own_bound_takes_the_place_of_the_common_one(tmp_path: Path) -> None:
    settings = {
        "bounds": {"chars": {"at_least": 2}, "eojeol": {"at_least": 1}},
        "sources": {"texts": {"chars": {"at_least": 9}}},
    }
    made = plan(tmp_path, [source("letters"), source("texts")], {"judge": settings})
    ours, theirs = (dict(source_bounds(made, name).bounds) for name in ("letters", "texts"))
    assert ours.keys() == theirs.keys() == {"chars", "eojeol"}
    assert ours["eojeol"] == theirs["eojeol"] and ours["chars"] != theirs["chars"]


def test_a_bound_on_nothing_known_is_refused_with_the_source(tmp_path: Path) -> None:
    made = plan(tmp_path, recipe={"judge": {"sources": {"letters": {"charrs": {"at_least": 1}}}}})
    with pytest.raises(ConfigError, match=r"judge\.sources\.letters\.charrs.*'chars'"):
        source_bounds(made, "letters")


def test_a_source_turns_a_common_bound_off_with_null(tmp_path: Path) -> None:
    settings = {"bounds": {"chars": {"at_least": 2}}, "sources": {"letters": {"chars": None}}}
    assert source_bounds(plan(tmp_path, recipe={"judge": settings}), "letters").bounds == ()


def _bury(made: Context, row: int) -> None:
    key = made.keys.secret("tombstone")
    columns = ["native_key", "text_key", "signature"]
    Tombstones.load(made.home.tombstones, key).add(
        made.home.tombstones, "E-1", staged("letters", ["하나", "둘둘", "셋셋셋", "넷"]).slice(row, 1).select(columns)
    )


def test_what_was_erased_stays_out_and_no_bound_is_blamed(tmp_path: Path) -> None:
    made = context(tmp_path, recipe={"judge": {"bounds": {"chars": {"at_least": 3}}}})
    _bury(made, 0)
    judged, receipt = _judged(made)
    assert judged["keep"].to_list() == [False, False, True, False]
    assert judged["rule"].to_list() == ["tombstone@1", "chars@1", None, "chars@1"]
    assert judged["measured"].to_list()[0] is None and judged["bound"].to_list()[0] is None
    assert receipt.out["rules"] == {"chars@1": 2, "tombstone@1": 1}


def test_a_verdict_is_the_same_before_and_after_the_row_is_blanked(tmp_path: Path) -> None:
    verdicts = []
    for name, erased in (("as staged", ()), ("blanked", (True, False, False, False))):
        made = context(tmp_path / name, recipe={"judge": {"bounds": {"chars": {"at_least": 3}}}})
        _bury(made, 0)
        judged, _ = _judged(made, erased)
        verdicts.append(judged.select("doc_id", "keep", "rule", "measured", "bound").rows())
    assert verdicts[0] == verdicts[1]


def test_a_blanked_row_stays_out_without_any_tombstone(tmp_path: Path) -> None:
    judged, _ = _judged(context(tmp_path), (False, True, False, False))
    assert judged["keep"].to_list() == [True, False, True, True] and judged["rule"][1] == "tombstone@1"


def test_documents_with_one_signature_share_every_band(tmp_path: Path) -> None:
    same = np.arange(CHOSEN.permutations, dtype="<u4").tobytes()
    other = np.arange(CHOSEN.permutations, dtype="<u4")[::-1].tobytes()
    judged, _ = _judged(context(tmp_path), signature=[same, other, same, other])
    bands = judged.select(f"b{n}" for n in range(CHOSEN.bands)).rows()
    assert bands[0] == bands[2] and bands[1] == bands[3]
    assert not set(enumerate(bands[0])) & set(enumerate(bands[1]))


def test_the_name_follows_bounds_tombstones_and_code(tmp_path: Path) -> None:
    prepared = Receipt("prepare", "s", "letters", {}, {"zone": "letters", "rows": 1, "text_bytes": 1})

    def name(**change: object) -> str:
        return judge_task(plan(tmp_path, **change), prepared).name

    families = dict.fromkeys(FAMILIES, "f")
    names = [
        name(),
        name(recipe={"judge": {"bounds": {"chars": {"at_least": 1}}}}),
        name(tombstones="t1"),
        name(families=families | {"dedup": "g"}),
        name(families=families | {"quality": "g"}),
    ]
    assert len(set(names)) == len(names)
    # What Judge does not look at does not make it work again.
    assert name(recipe={"publish": {"shard_bytes": 5}}, families=families | {"pii": "g"}) == names[0]
    assert isinstance(judge_task(plan(tmp_path), prepared), JudgeTask)
