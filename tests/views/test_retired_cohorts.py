"""A saved choice that is retired is looked at as before, nothing new is made with it, and it can be brought back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys.db import db
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.study import lay
from tests.page_forms import form_to
from tests.staff_browser import SITE, signed_in
from tests.views.test_cohorts import read, saved
from tests.views.test_registry import some_lives

STATED = {"protocol": "trial", "kind": "complications"}
PLANNED = {"protocol": "trial", "title": "P", "rule": "odi change >= 10", "timepoint": "m12", "kind": "complications"}
ORDERED = {"filters": "protocol=trial sex=female", "rule": "odi change >= 10"}
SENTENCE = "The saved choice Women is retired: nothing new is made with it."


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        made = make_clinic()
        lay(db.engine, made.id, some_lives())
    return made


@pytest.fixture(scope="module")
def reader(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "clinician")


@pytest.fixture
def women(reader: FlaskClient) -> Iterator[str]:
    """The id of a saved choice that is in use, and is so again after the test."""
    cohort = saved(reader, "Women", "/dashboard?sex=female")
    yield cohort
    post(reader, f"/cohorts/{cohort}/bring-back")


def post(client: FlaskClient, path: str, typed: dict[str, str] | None = None) -> tuple[int, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', read(client, "/cohorts"))
    assert token
    reply = client.post(path, data={**(typed or {}), "csrf_token": token[1]}, base_url=SITE)
    return reply.status_code, reply.get_data(as_text=True)


def listed(client: FlaskClient) -> tuple[str, str]:
    """The page's choices in use, and those under "Retired"."""
    used, _heading, retired = read(client, "/cohorts").partition('id="retired"')
    return used, retired


def test_a_retired_choice_stands_apart_and_comes_back(reader: FlaskClient, women: str) -> None:
    assert form_to(read(reader, "/cohorts"), f"/cohorts/{women}/retire")
    assert post(reader, f"/cohorts/{women}/retire")[0] == 303
    used, retired = listed(reader)
    assert "Women is retired." in used
    assert ">Women <" not in used
    assert ">Women <" in retired
    assert "by Test clinician" in retired.partition("retired ")[2]
    assert "<strong>Women</strong>, version 1" in read(reader, f"/dashboard?cohort={women}")
    assert post(reader, f"/cohorts/{women}/retire")[0] == 303
    assert "It is retired already." in read(reader, "/cohorts")
    assert form_to(read(reader, "/cohorts"), f"/cohorts/{women}/bring-back")
    assert post(reader, f"/cohorts/{women}/bring-back")[0] == 303
    used, retired = listed(reader)
    assert "Women can be used again." in used
    assert ">Women <" in used
    assert retired == ""


def test_nothing_new_is_made_with_a_retired_choice(reader: FlaskClient, women: str) -> None:
    assert women in read(reader, "/claims/new?protocol=trial")
    assert women in read(reader, "/plans?protocol=trial")
    post(reader, f"/cohorts/{women}/retire")
    assert women not in read(reader, "/claims/new?protocol=trial")
    assert women not in read(reader, "/plans?protocol=trial")
    tried = [
        post(reader, "/claims", STATED | {"saved": women}),
        post(reader, "/reports", ORDERED | {"cohort": women}),
        post(reader, "/exports", ORDERED | {"cohort": women}),
        post(reader, "/cohorts", {"name": "WOMEN", "filters": "protocol=trial sex=female age=50.."}),
    ]
    assert [code for code, _page in tried] == [409] * 4
    assert all("is retired: nothing new is made with it." in page for _code, page in tried)
    code, page = post(reader, "/plans", PLANNED | {"saved": women})
    assert code == 422
    assert SENTENCE in page
    for path in ("/exports", "/reports"):
        page = read(reader, f"{path}?cohort={women}")
        assert SENTENCE in page
        assert "Make the" not in page
    assert reader.get(f"/claims/new?cohort={women}", base_url=SITE).status_code == 409


def test_every_version_of_a_name_is_retired_and_the_audit_says_who(
    app: Flask, clinic: MadeClinic, reader: FlaskClient
) -> None:
    first = saved(reader, "Older", "/dashboard?age_from=50")
    second = saved(reader, "Older", "/dashboard?age_from=65")
    post(reader, f"/cohorts/{first}/retire")
    for cohort in (first, second):
        assert post(reader, "/claims", STATED | {"saved": cohort})[0] == 409
        assert "<strong>Older</strong>" in read(reader, f"/dashboard?cohort={cohort}")
    post(reader, f"/cohorts/{second}/bring-back")
    told = read(signed_in(app, clinic, "admin"), "/audit")
    assert "Retired a saved choice of patients" in told
    assert "Brought a saved choice of patients back" in told


def test_a_statement_of_a_choice_that_was_retired_since_stands(reader: FlaskClient, women: str) -> None:
    code, page = post(reader, "/claims", STATED | {"saved": women})
    assert code == 303, page
    post(reader, f"/cohorts/{women}/retire")
    assert "sex=female" in read(reader, "/claims/1")


def test_another_clinics_choice_is_not_retired(app: Flask, women: str) -> None:
    with app.app_context():
        other = make_clinic()
    client = signed_in(app, other, "clinician")
    assert post(client, f"/cohorts/{women}/retire")[0] == 404
    assert post(client, f"/cohorts/{women}/bring-back")[0] == 404
