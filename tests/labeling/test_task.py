from __future__ import annotations

from dataclasses import replace

import pytest

from governance.records.errors import ConfigError
from governance.records.ids import content_name
from labeling.task import task_id
from tests.labeling.conftest import make_tasks


def test_the_same_document_in_a_later_release_is_the_same_task_and_another_project_another():
    assert task_id("quality", "doc1") == content_name(["quality", "doc1"])
    assert len({task_id("quality", "doc1"), task_id("quality", "doc2"), task_id("topic", "doc1")}) == 3


@pytest.mark.parametrize("wrong", [{"task_id": "x"}, {"doc_id": "doc9"}, {"overlap": 0}, {"row": -1}])
def test_a_task_that_makes_no_sense_is_refused(wrong: dict):
    with pytest.raises(ConfigError):
        replace(make_tasks(1)[0], **wrong)
