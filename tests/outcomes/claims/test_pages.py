"""Claims and plans through their pages and commands, by those who may."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from surveys.db import clinic_session
from surveys.models import AnalysisPlan, Claim
from tests.factories import MadeClinic
from tests.outcomes.claims.test_responders import amend
from tests.page_forms import form_to
from tests.staff_browser import SITE, signed_in

ASKED = {"protocol": "trial", "kind": "responders_two_arms", "timepoint": "m12", "rule": "odi change >= 10"}
PLAN = {
    **{"protocol": "trial", "title": "The trial", "rule": "odi change >= 10", "timepoint": "m12"},
    **{"comparison": "bmc minus conventional", "kind": "responders_two_arms"},
}


def _post(client: FlaskClient, page: str, path: str, typed: dict[str, str]) -> TestResponse:
    """Send a form with the token that its page carries."""
    token = form_to(client.get(page, base_url=SITE).text, path).value("csrf_token")
    headers = {"Referer": f"{SITE}{page}"}
    return client.post(path, data={**typed, "csrf_token": token}, base_url=SITE, headers=headers)


def _preview(client: FlaskClient, **changes: str) -> TestResponse:
    return client.get("/claims/new", query_string=ASKED | changes, base_url=SITE)


def _make(client: FlaskClient) -> str:
    """Keep what the preview shows; returns the address of the claim."""
    page = f"/claims/new?{urlencode(ASKED)}"
    reply = _post(client, page, "/claims", ASKED)
    assert reply.status_code == 303, reply.text
    return str(reply.location)


def test_a_plan_written_after_the_results_makes_nothing_planned(app: Flask, trial: MadeClinic) -> None:
    clinician, admin = (signed_in(app, trial, role) for role in ("clinician", "admin"))
    assert "post hoc" in _preview(clinician).text.lower()
    written = _post(admin, "/plans?protocol=trial", "/plans", PLAN)
    assert written.status_code == 303, written.text
    plan = admin.get(written.location, base_url=SITE).text
    assert "odi change &gt;= 10 at m12, window -30 to +60 days" in plan
    shown = _preview(clinician).text
    assert "26/39 (67 %, 95 % interval 51 to 79 %)" in shown
    assert re.search(r"Post hoc \(a plan was written on \d{4}-\d\d-\d\d, when 78 of 78 results were in\)", shown)
    assert "post hoc" in _preview(clinician, timepoint="m6").text.lower()
    assert _post(admin, "/plans?protocol=trial", "/plans", PLAN).location == written.location  # nothing new
    with app.app_context(), clinic_session(trial.id) as session:
        row = session.scalars(select(AnalysisPlan)).one()
        assert json.loads(row.content)["cohort"] == "protocol=trial"


def test_two_sign_it_on_its_page_and_a_third_reads(app: Flask, trial: MadeClinic) -> None:
    clinician, admin, analyst = (signed_in(app, trial, role) for role in ("clinician", "admin", "analyst"))
    address = _make(clinician)
    assert "26/39" in clinician.get(address, base_url=SITE).text
    for person in (clinician, admin):
        assert _post(person, address, f"{address}/sign", {}).status_code == 303
    page = analyst.get(address, base_url=SITE).text
    assert "signed by two" in page
    assert "/sign" not in page
    assert analyst.post(f"{address}/sign", base_url=SITE).status_code in (400, 403)
    assert "26/39" in analyst.get("/claims", base_url=SITE).text
    assert _post(admin, address, f"{address}/withdraw", {"reason": ""}).status_code == 422
    assert _post(admin, address, f"{address}/withdraw", {"reason": "wrong rule"}).status_code == 303
    assert "wrong rule" in analyst.get(address, base_url=SITE).text


def test_what_makes_no_sense_is_answered_by_a_sentence(app: Flask, trial: MadeClinic) -> None:
    clinician = signed_in(app, trial, "clinician")
    for changes in (
        {"cohort": "protocol=trial arm=bmc"},
        {"cohort": "nonsense"},
        {"cohort": "protocol=spine"},
        {"cohort": "protocol=trial age=119..120"},
        {"rule": "odi change"},
        {"rule": "eq_vas change >= 1000"},
        {"timepoint": "baseline"},
        {"kind": "no_such_kind"},
        {"kind": "case_report", "scale": "odi", "patient": "twelve"},
        {"kind": "battery_means", "scale": "made_up"},
        {"missing": "guess"},
    ):
        reply = _preview(clinician, **changes)
        assert reply.status_code == 422, changes
        assert 'role="alert"' in reply.text, changes
    assert clinician.get("/claims/999", base_url=SITE).status_code == 404


def test_the_command_works_all_out_again_and_tells_what_changed(app: Flask, trial: MadeClinic) -> None:
    clinician, runner = signed_in(app, trial, "clinician"), app.test_cli_runner()
    address = _make(clinician)
    number = int(address.rpartition("/")[2])
    verify = ["claims", "verify", "--clinic", str(trial.id)]
    for _twice in range(2):
        told = runner.invoke(args=verify)
        assert told.exit_code == 0, told.output
        assert f"no. {number}: worked out again, the same bytes" in told.output
    with app.app_context(), clinic_session(trial.id) as session:
        claim = session.scalars(select(Claim).where(Claim.number == number)).one()
        was = amend(session, claim)
        session.commit()
    told = runner.invoke(args=verify)
    assert told.exit_code == 0
    assert re.search(rf"no. {number} is stale: patient \d+, odi at m12: was [\d.]+, now 98", told.output)
    page = clinician.get(address, base_url=SITE).text
    assert "stale: answers changed" in page
    assert "98" in page
    change = r"Oswestry Disability Index</td><td[^>]*>[\d.]+</td><td[^>]*>98</td>"
    assert re.search(rf">12 months</td><td[^>]*>{change}", page)
    again = clinician.get(unescape(re.findall(r'href="(/claims/new\?[^"]+)"', page)[0]), base_url=SITE)
    assert again.status_code == 200
    assert '<blockquote class="statement">' in again.text
    assert '<option value="odi change &gt;= 10" selected>' in again.text
    assert "stale" in runner.invoke(args=["claims", "list", "--clinic", str(trial.id)]).output
    with app.app_context(), clinic_session(trial.id) as session:
        amend(session, session.scalars(select(Claim).where(Claim.number == number)).one(), was)
        session.commit()
    told = runner.invoke(args=verify)
    assert (told.exit_code, "stale" in told.output) == (0, False), told.output  # put right, it stands again
    assert "not signed" in clinician.get(address, base_url=SITE).text
    with app.app_context(), clinic_session(trial.id) as session:
        session.scalars(select(Claim).where(Claim.number == number)).one().rows += "tampered\n"
        session.commit()
    told = runner.invoke(args=verify)
    assert told.exit_code == 1
    assert "The frozen rows are not those whose hash was kept." in told.output


def test_the_filters_of_other_pages_choose_the_patients(app: Flask, trial: MadeClinic) -> None:
    clinician = signed_in(app, trial, "clinician")
    shown = _preview(clinician, age_from="30", age_to="49", sex="female").text
    assert 'name="cohort" value="protocol=trial' in shown
    assert "age=30..49" in shown
    assert "26/39" not in shown
    assert _preview(clinician, age_from="50", age_to="40").status_code == 422
    assert _preview(clinician, cohort="01890000-0000-7000-8000-000000000001").status_code == 422  # no such saved choice
    assert 'role="alert"' in _preview(clinician, arm="bmc").text  # every arm is shown
