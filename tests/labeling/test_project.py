from __future__ import annotations

from dataclasses import replace

import pytest

from governance.records.errors import ConfigError
from labeling.project import Project, Scale
from tests.labeling.conftest import QUALITY


def test_a_project_survives_its_way_through_json():
    ordinal = Project("p", "지침", ("하", "상"), scale="ordinal")  # type: ignore[arg-type]
    assert ordinal.scale is Scale.ORDINAL
    assert Project.from_data(ordinal.to_data()) == ordinal


def test_the_version_is_that_of_what_the_worker_reads_and_may_answer():
    same = replace(QUALITY, title="다른 이름", name="other")
    assert same.version == QUALITY.version
    changes = ({"guideline": "고침"}, {"labels": ("좋음", "나쁨")}, {"scale": Scale.ORDINAL})
    assert len({replace(QUALITY, **change).version for change in changes} | {QUALITY.version}) == 4


@pytest.mark.parametrize("labels", [("하나",), ("같음", "같음"), ("있음", "")])
def test_a_project_with_nothing_to_choose_is_refused(labels: tuple[str, ...]):
    with pytest.raises(ConfigError, match="at least two labels"):
        Project("p", "지침", labels)
