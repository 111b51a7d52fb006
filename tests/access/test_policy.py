"""The table of who may do what has a line for every route, and no other lines."""

from __future__ import annotations

from flask import Flask

from surveys.access import policy
from surveys.models.clinic import ROLES
from surveys.views import guard

PARTS = {
    **{"site": policy.SITE, "sign-in": policy.SIGN_IN, "patient": policy.PATIENT, "public": policy.PUBLIC},
    "staff": frozenset(policy.STAFF),
}


def test_every_route_stands_in_exactly_one_part_and_no_line_is_stale(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    listed = [endpoint for part in PARTS.values() for endpoint in part]
    assert {endpoint for endpoint in listed if listed.count(endpoint) > 1} == set()
    assert routes - set(listed) == set(), "routes that no part of surveys/access/policy.py lists"
    assert set(listed) - routes == set(), "lines of surveys/access/policy.py without a route"


def test_the_table_knows_the_roles_of_the_accounts_and_no_others() -> None:
    named = frozenset().union(*policy.STAFF.values())
    assert named == set(ROLES)
    assert named > policy.NAMELESS
    for role in ROLES:
        assert policy.allows(role, policy.start_page(role))


def test_staff_pages_wear_the_guard_and_open_ones_do_not(app: Flask) -> None:
    """A view whose guard is forgotten would let everybody in, whatever the table says."""
    worn = {name for name, view in app.view_functions.items() if view.__code__.co_filename == guard.__file__}
    assert worn == set(policy.STAFF)


def test_nobody_who_reads_without_names_may_open_a_page_with_names() -> None:
    with_names = {"acts", "behind", "desk", "details", "enrolment", "entry", "imports", "patients"}
    for role in policy.NAMELESS:
        allowed = {endpoint.partition(".")[0] for endpoint in policy.STAFF if policy.allows(role, endpoint)}
        assert allowed & with_names == set()
