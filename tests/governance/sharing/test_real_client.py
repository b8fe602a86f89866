"""The real `delta-sharing` client against the real server: what A and B get is what terms and grants say."""

from __future__ import annotations

from collections.abc import Callable

import delta_sharing
import pytest

from tests.governance.sharing.conftest import CORPUS, TERMS, Home, Served

# The client passes pandas an argument that pandas 3 no longer reads; it is not ours to change.
pytestmark = pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")

# What each may have, from the terms and the grants alone: no code of ours is asked.
# team-a's body trains commercial models, so the non-commercial reviews fall out; the calls need an approval per body,
# which body-a has and team-b has not.
EXPECTED = {"body-a": {"laws", "petitions", "calls"}, "team-b": {"petitions", "reviews", "wiki"}}


@pytest.mark.parametrize("form", [None, True], ids=["parquet", "delta"])
def test_the_client_gets_exactly_the_documents_that_terms_and_grants_allow(
    shared: Home, serve: Callable[..., Served], form: bool | None
) -> None:
    served = serve(shared.settings())
    got = {}
    for name in EXPECTED:
        profile = shared.profile(name, served.endpoint)
        frame = delta_sharing.load_as_pandas(f"{profile}#malmoi.pretrain.{CORPUS}", use_delta_format=form)
        got[name] = set(frame["doc_id"])
    for name, sources in EXPECTED.items():
        assert got[name] == set().union(*(shared.ids[source] for source in sources))
    assert got["body-a"] - got["team-b"]
    assert got["team-b"] - got["body-a"]
    assert set(TERMS) == EXPECTED["body-a"] | EXPECTED["team-b"]


def test_the_client_lists_the_tables_of_its_grants(shared: Home, serve: Callable[..., Served]) -> None:
    served = serve(shared.settings())
    shared.grant("team-b", purpose="evaluate")
    client = delta_sharing.SharingClient(str(shared.profile("team-b", served.endpoint)))
    tables = {(table.share, table.schema, table.name) for table in client.list_all_tables()}
    assert tables == {("malmoi", "pretrain", CORPUS), ("malmoi", "evaluate", CORPUS)}
