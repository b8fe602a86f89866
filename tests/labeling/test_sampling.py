from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.records.errors import ConfigError
from labeling.sampling import SamplingRule, choose, hash_points


def frame(number: int = 1000, seed: int = 7) -> pa.Table:
    chance = np.random.default_rng(seed)
    share = pa.array(chance.random(number))
    return pa.table(
        {
            "doc_id": [f"doc{n:05}" for n in range(number)],
            "release_id": ["r1"] * number,
            "shard": [f"part-{n // 100}.parquet" for n in range(number)],
            "row": list(range(number)),
            "source": ["petitions" if n % 10 else "laws" for n in range(number)],
            "licence": ["CC0-1.0"] * number,
            "chars": pa.array(range(number), pa.int32()),
            "quality": pa.StructArray.from_arrays([share], ["hangul_share"]),
        }
    )


ALL = SamplingRule("all", "quality")


def docs(table: pa.Table, *rules: SamplingRule) -> list[str]:
    return [task.doc_id for task in choose(table, rules)]


def test_a_chosen_document_becomes_a_pointer_with_the_rules_terms():
    task = choose(frame(3), [SamplingRule("first", "quality", count=1, priority=2, overlap=3)])[0]
    assert (task.rule, task.priority, task.overlap, task.licence) == ("first", 2, 3, "CC0-1.0")
    assert task.doc_id == f"doc{task.row:05}" and task.shard == "part-0.parquet"


@given(share=st.floats(0.05, 1), order=st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order_of_the_documents(share: float, order):
    table = frame(200)
    rows = list(range(200))
    order.shuffle(rows)
    rule = replace(ALL, share=share)
    assert set(docs(table.take(rows), rule)) == set(docs(table, rule))


def test_a_share_is_about_that_large_and_larger_ones_contain_smaller_ones():
    small, large = (set(docs(frame(), replace(ALL, share=s))) for s in (0.1, 0.3))
    assert small < large
    assert 60 < len(small) < 140 and 250 < len(large) < 350


def test_a_count_is_exact_and_larger_ones_contain_smaller_ones():
    few, many = (set(docs(frame(), replace(ALL, count=n))) for n in (10, 100))
    assert few < many and (len(few), len(many)) == (10, 100)
    assert len(docs(frame(5), replace(ALL, count=10))) == 5
    assert docs(frame(5), replace(ALL, count=0)) == []


def test_two_rules_choose_different_documents():
    assert set(docs(frame(), replace(ALL, count=50))) != set(docs(frame(), replace(ALL, name="other", count=50)))


def test_bounds_and_measures_inside_the_quality_struct_decide_who_fits():
    table = frame()
    rule = replace(ALL, where={"chars": {"at_least": 100, "below": 200}, "hangul_share": {"above": 0.5}})
    share = dict(zip(table["doc_id"].to_pylist(), table["quality"].combine_chunks().field(0).to_pylist(), strict=True))
    expected = [doc for n, doc in enumerate(table["doc_id"].to_pylist()) if 100 <= n < 200 and share[doc] > 0.5]
    assert docs(table, rule) == expected


def test_an_unknown_measure_meets_no_bound():
    table = frame(4).drop_columns("quality").append_column("score", pa.array([None, 0.1, 0.9, None], pa.float64()))
    assert docs(table, replace(ALL, where={"score": {"at_most": 1}})) == ["doc00001", "doc00002"]
    assert docs(table, replace(ALL, uncertain={"score": 0.0}, within={"score": 0.5})) == ["doc00001"]


def test_the_documents_nearest_to_doubt_are_taken_and_far_ones_are_not():
    table = frame()
    rule = replace(ALL, count=30, uncertain={"hangul_share": 0.5}, within={"hangul_share": 0.1})
    distance = np.abs(table["quality"].combine_chunks().field(0).to_numpy() - 0.5)
    expected = {f"doc{n:05}" for n in np.argsort(distance)[:30]}
    assert set(docs(table, rule)) == expected
    assert len(docs(table, replace(rule, count=1000))) == int((distance <= 0.1).sum())


def test_a_small_source_gets_as_much_as_a_large_one():
    table = frame()
    sources = dict(zip(table["doc_id"].to_pylist(), table["source"].to_pylist(), strict=True))
    chosen = docs(table, replace(ALL, count=20, strata="source"))
    assert Counter(sources[doc] for doc in chosen) == {"petitions": 20, "laws": 20}


def test_a_document_that_two_rules_choose_is_one_task_of_the_first():
    tasks = choose(frame(3), [ALL, replace(ALL, name="again"), replace(ALL, name="topic", project="topic")])
    assert Counter((task.project, task.rule) for task in tasks) == {("quality", "all"): 3, ("topic", "topic"): 3}


def test_all_problems_of_a_rule_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        SamplingRule("r", "p", share=0.0, where={"chars": {"at_leest": 1}}, within={"chars": 1.0})
    assert len(caught.value.problems) == 3
    assert "did you mean 'at_least'" in str(caught.value)


def test_a_column_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'hangul_share'"):
        docs(frame(3), replace(ALL, where={"hangul_shre": {"above": 0}}))


def test_points_are_the_same_for_ever():
    # What was chosen once must be chosen again: these numbers never change.
    assert hash_points("all", ["doc00000", "문서"]).tolist() == [0.362923683661303, 0.41549223219624104]
