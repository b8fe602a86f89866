from pipelines.report.costs import shard_groups, stage_costs
from tests.pipelines.report.example import report_example


def test_rates_are_given_where_there_is_something_to_rate() -> None:
    prepare, connect = stage_costs(report_example()["stages"])
    assert (prepare.mb_per_s, prepare.documents_per_s) == ("0.10", "23.8")
    assert (connect.mb_per_s, connect.documents_per_s) == ("–", "–")


def test_shards_of_one_class_stand_together_the_largest_class_first() -> None:
    def shard(source: str, licence: str, rows: int) -> dict:
        return {"path": f"{source}{rows}", "source": source, "licence": licence, "rows": rows, "bytes": 10}

    shards = [shard("a", "x", 5), shard("b", "y", 6), shard("a", "x", 5), shard("c", "x", 1)]
    found = [(g.licence, g.source, g.shards, g.rows, g.bytes) for g in shard_groups(shards)]
    assert found == [("x", "a", 2, 10, 20), ("x", "c", 1, 1, 10), ("y", "b", 1, 6, 10)]
