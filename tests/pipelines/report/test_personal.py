from pipelines.report.personal import personal_view, sensitive_view
from tests.pipelines.report.example import report_example


def test_kinds_that_are_only_kept_stand_apart() -> None:
    found = personal_view(report_example()["pii"])
    assert [kind.name.en for kind in found.acted] == ["phone", "resident number"]
    assert [kind.name.en for kind in found.kept] == ["personal URL"]
    assert found.kinds == 3


def test_actions_stand_in_one_order_and_add_up() -> None:
    found = personal_view(report_example()["pii"])
    assert [(key, number) for key, _, number in found.actions] == [
        ("destroy", 6),
        ("mask", 4),
        ("pseudonymise", 30),
        ("keep", 900),
    ]
    assert found.total == 940
    assert found.acted[0].actions == (("mask", 4), ("pseudonymise", 30))


def test_the_matrix_holds_every_count_and_tints_by_kind() -> None:
    found = personal_view(report_example()["pii"])
    assert found.sources == ("letters", "reviews")
    assert [[cell.number for cell in row.cells] for row in found.matrix] == [[30, 4], [6, 0], [900, 0]]
    assert [row.cells[0].depth for row in found.matrix] == [1, 1, 1]


def test_nothing_found_is_an_empty_section() -> None:
    assert personal_view([]).kinds == 0


def test_sensitive_subjects_add_up_over_sources_in_one_order() -> None:
    found = sensitive_view(report_example()["sensitive"])
    assert [(row.name.en, row.documents, row.sentences) for row in found] == [("health", 4, 5), ("union", 2, 5)]
