"""S14: who reads without names (analyst, registry analyst) finds nothing that names anybody, on any page or file."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from surveys.access import policy
from surveys.db import clinic_session
from surveys.models import Episode, Patient
from surveys.people.patients import contact
from tests.patients import invite
from tests.scored import scored_before
from tests.security.matrix import STAFF_ACTORS, cases, expected
from tests.security.world import World
from tests.staff_browser import SITE

CANARY = "Canaryfirstname"
NAMELESS = [actor for actor, role in STAFF_ACTORS.items() if role in policy.NAMELESS]
LINK = re.compile(r'href="(/[^"#]*)"')


@pytest.fixture(scope="module", autouse=True)
def somebody(app: Flask, world: World) -> None:
    """One more patient, whose name is nowhere else."""
    scored_before(app, invite(app, clinic_id=world.a.id, first_name=CANARY), "nrs_active", 8)


def personal_values(world: World) -> set[str]:
    """Every value that tells who somebody is, opened from the database, and every id that leads to a person."""
    found = set()
    with world.app.app_context(), clinic_session(world.a.id) as session:
        for patient in session.scalars(select(Patient)):
            known = contact(world.app.extensions["vault"], patient)
            found |= {known.first_name, known.surname, known.chart_number, known.email or "", known.phone or ""}
            found.add(str(patient.id))
    return found - {""}


@pytest.mark.parametrize("actor", NAMELESS)
def test_s14_no_page_of_a_nameless_reader_names_anybody(app: Flask, world: World, actor: str) -> None:
    client, names = world.browser(actor), personal_values(world)
    assert CANARY in names
    served = [case for case in cases(list(app.url_map.iter_rules())) if case.actor == actor and case.ours]
    waiting = [case.path(world) for case in served if case.method == "GET" and expected(case) == "served"]
    assert any("csv" in path for path in waiting)
    read: set[str] = set()
    for path in waiting:
        if path in read or len(read) > 150:
            continue
        read.add(path)
        reply = client.get(path.replace("&amp;", "&"), base_url=SITE, buffered=True)
        text = reply.get_data(as_text=True)
        assert {name for name in names if name in text} == set(), path
        waiting += LINK.findall(text)
    assert len(read) > 10


@pytest.fixture
def bulge(world: World) -> Iterator[str]:
    """A filter that one patient alone fits."""
    with world.app.app_context(), clinic_session(world.a.id) as session:
        episode = session.scalars(select(Episode).order_by(Episode.id.desc()).limit(1)).one()
        before, episode.pain_generator = episode.pain_generator, "bulge"
        session.commit()
        yield "bulge"
        episode.pain_generator = before
        session.commit()


@pytest.mark.parametrize("actor", [*NAMELESS, "clinician A"])
def test_s14_a_filter_never_narrows_a_figure_to_a_few(world: World, actor: str, bulge: str) -> None:
    """One patient of an arm: fewer than five are not shown, whatever is chosen, but to those who see names anyway."""
    client = world.browser(actor)
    base = "/registry/figures" if actor == "registry analyst" else "/dashboard"
    query = f"protocol=spine&pain_generator={bulge}&arm=treated"
    reply = client.get(f"{base}?{query}", base_url=SITE)
    page = reply.get_data(as_text=True)
    shown = re.findall(r"(\d+) enrolled", page)
    told = {"clinician A": ["1"], "analyst": []}  # the analyst reads that few fit, and not how few; others' are nobody
    assert (reply.status_code, shown) == (200, told.get(actor, ["0"]))
    assert ("Too few patients fit this choice" in page) == (actor == "analyst")
