"""S3: no personal page is kept by a browser or on the way to it. What its storage holds is read in the crawl."""

from __future__ import annotations

import pytest
from flask import Flask

from surveys.access import policy
from tests.security.matrix import cases
from tests.security.world import ACTORS, World
from tests.staff_browser import SITE

LASTING = {"icon", "static", *policy.PUBLIC}  # files and pages that are the same for everybody


@pytest.mark.parametrize("actor", ACTORS)
def test_s03_no_page_that_anybody_is_served_is_stored(app: Flask, world: World, actor: str) -> None:
    client = world.browser(actor)
    stored = {}
    for case in cases(list(app.url_map.iter_rules())):
        if (case.actor, case.owner, case.method) == (actor, "own", "GET") and case.ours:
            reply = client.get(case.path(world), base_url=SITE, buffered=True)
            stored[case.endpoint] = reply.headers.get("Cache-Control", "")
            assert "ETag" not in reply.headers or case.endpoint in LASTING
    kept = {endpoint for endpoint, told in stored.items() if told != "no-store"}
    assert kept == LASTING
    assert len(stored) > 20
    assert policy.OPEN & set(stored)
