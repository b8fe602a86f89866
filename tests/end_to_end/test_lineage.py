"""The OpenLineage events of a real release are of the published shape, and say what was masked."""

from __future__ import annotations

from referencing import Registry

from pipelines.home import Home
from pipelines.lineage import read_events
from pipelines.releases import latest_release
from tests.governance.test_lineage import _facets, _faults, registry  # noqa: F401 (a fixture)


def test_every_event_and_facet_is_of_the_published_shape(demo_home: Home, registry: Registry) -> None:  # noqa: F811
    latest = latest_release(demo_home, "demo")
    assert latest is not None
    events = read_events(demo_home.release("demo", latest.release_id) / "lineage.jsonl")
    assert [event["eventType"] for event in events] == ["START", "COMPLETE"]
    for event in events:
        assert _faults(registry, event["schemaURL"], event) == []
        for facet in _facets(event):
            assert _faults(registry, facet["_schemaURL"], facet) == []
    columns = events[1]["outputs"][0]["facets"]["columnLineage"]["fields"]
    masked = {
        name: {t["masking"] for o in c["inputFields"] for t in o["transformations"]} for name, c in columns.items()
    }
    assert masked["text"] == {True} and masked["published_at"] == {False}
