from pipelines.report.page import build_report
from pipelines.report.reasons import broken_reasons, drop_reasons
from tests.pipelines.report.example import empty_example, report_example


def test_rules_stand_by_count_with_their_sources() -> None:
    found = drop_reasons(report_example()["drops"])
    assert [(r.key, r.number, r.where) for r in found] == [
        ("hangul_share@1", 90, "letters 90"),
        ("exact_duplicate@1", 51, "letters 50 · reviews 1"),
    ]
    assert found[0].name.ko == "한글 비율"
    assert found[1].place.ko == "중복 제거"


def test_one_rule_in_two_stages_is_two_reasons() -> None:
    rows = [{"source": "a", "stage": s, "rule": "r@1", "count": 1} for s in ("judge", "protect")]
    assert len(drop_reasons(rows)) == 2


def test_more_than_three_sources_are_counted_not_named() -> None:
    rows = [{"source": f"s{n}", "stage": "judge", "rule": "chars@1", "count": 9 - n} for n in range(5)]
    assert drop_reasons(rows)[0].where == "s0 9 · s1 8 · s2 7 · +2"


def test_items_and_documents_are_told_apart() -> None:
    assert [(r.key, r.place.ko, r.number) for r in broken_reasons(report_example()["broken"])] == [
        ("empty_text", "문서", 10),
        ("truncated", "파일", 2),
    ]


def test_cut_documents_are_told_by_rule_and_only_where_something_was_cut() -> None:
    assert "출처 안에서 되풀이된 줄" in build_report(report_example())
    assert "Passages cut" not in build_report(empty_example())
