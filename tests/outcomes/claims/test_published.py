"""The published figures as statements, through the page that shows what one would say."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db
from surveys.demo import case_reports
from surveys.demo.lives import Life, Reply
from surveys.models import Endpoint, Patient
from surveys.schedule import add_months
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.study import Study, lay, life, nrs
from tests.staff_browser import SITE, signed_in

LONG_AGO = date(2018, 3, 5)  # six years after it every window is over, whenever the tests run
TREATED = LONG_AGO + timedelta(days=10)
OPERATED = (6, 10, 15, 18, 20, 30)  # months
COURSE = ("nrs_resting", "nrs_active", "functionality", "improvement")


class Desk:
    """A clinician of one clinic who looks at what a statement would say."""

    def __init__(self, app: Flask, clinic: MadeClinic, protocol: str) -> None:
        self.client: FlaskClient = signed_in(app, clinic, "clinician")
        self.protocol = protocol

    def page(self, kind: str, **chosen: str | list[str]) -> str:
        """The preview without its tags' white space."""
        asked = {"protocol": self.protocol, "kind": kind, "timepoint": "m12", **chosen}
        reply = self.client.get("/claims/new", query_string=asked, base_url=SITE)
        assert reply.status_code == 200, reply.text
        return unescape(reply.text)

    def says(self, kind: str, **chosen: str | list[str]) -> str:
        """The statement alone, or with its banner."""
        return self.page(kind, **chosen).partition('class="statement"')[2].partition("</blockquote>")[0]

    def rows(self, kind: str, **chosen: str | list[str]) -> dict[str, list[str]]:
        """The cells of a statement's tables by the first of each row."""
        lines = re.findall(r"<tr>(<td.*?)</tr>", self.page(kind, **chosen))
        cells = [re.findall(r"<td[^>]*>(.*?)</td>", line) for line in lines]
        return {row[0]: row[1:] for row in reversed(cells)}


@pytest.fixture(scope="module")
def trial_desk(app: Flask, trial: MadeClinic) -> Desk:
    """The two-arm trial of bone-marrow cells (Atluri 2022)."""
    return Desk(app, trial, "trial")


@pytest.fixture(scope="module")
def disc_desk(app: Flask) -> Desk:
    """26 candidates for fusion (Pettine), six of them operated on later and all others followed.

    Pain of 17 falls by four points and stays so; at six years 18 say that they are much improved.
    """
    with app.app_context():
        clinic = make_clinic()
        with clinic_scope(clinic.id), Session(db.engine) as session:
            episodes = Study(session, clinic.id, "spine").add_all(_candidate(number) for number in range(26))
            own = {"clinic_id": clinic.id, "details": {}, "recorded_at": datetime(2022, 1, 1, tzinfo=UTC)}
            for episode, months in zip(episodes, OPERATED, strict=False):
                on = add_months(TREATED, months)
                session.add(Endpoint(**own, episode_id=episode.id, kind="surgery", on_date=on))
            session.commit()
    return Desk(app, clinic, "spine")


def _candidate(number: int) -> Life:
    free = OPERATED[number] if number < len(OPERATED) else 99
    pain = nrs(3 if number < 17 else 7)
    form = {"events": {"spine_operation": 0, "new_problem": 0}}
    later = {code: Reply(form) for code, months in (("y2", 24), ("y3", 36)) if months < free}
    replies = {
        **{"baseline": nrs(7), "m3": pain, "y6": Reply({"gpe7": {"gpe": 2 if number < 18 else 4}}), **later},
        "m12": Reply({**pain.levels, **(form if free > 12 else {})}),
    }
    treatments = ((TREATED, "bone_marrow_concentrate"),)
    return life(number, "treated", enrolled_on=LONG_AGO, treatments=treatments, replies=replies)


@pytest.fixture(scope="module")
def case_desk(app: Flask) -> tuple[Desk, list[str]]:
    """Two case reports (Darrow 2018), and the patients' numbers."""
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, case_reports.lives(LONG_AGO), "case_series")
        with clinic_scope(clinic.id), Session(db.engine) as session:
            numbers = [str(each) for each in session.scalars(select(Patient.number).order_by(Patient.number))]
    return Desk(app, clinic, "case_series"), numbers


def test_disability_at_twelve_months_in_two_arms(trial_desk: Desk) -> None:
    said = trial_desk.says("responders_two_arms", rule="odi change >= 10")
    assert "26/39 (67 %, 95 % interval 51 to 79 %) in the arm Bone marrow concentrate" in said
    assert "3/39 (8 %, 95 % interval 3 to 20 %) in the arm Conventional care" in said
    assert "The arms were not randomised." in said


@pytest.mark.parametrize("rule", ["nrs_active change >= 2", "nrs_active change > 2"])
def test_pain_over_time(trial_desk: Desk, rule: str) -> None:
    said = trial_desk.says("responders_over_time", rule=rule)
    for share in ("29/39 (74 %", "25/38 (66 %", "22/39 (56 %"):
        assert share in said


def test_mean_disability_at_every_visit(trial_desk: Desk) -> None:
    page = trial_desk.page("battery_means", scale=["odi"])
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page)
    means = {(cells[at + 2], cells[at + 1]): cells[at + 4] for at, each in enumerate(cells) if each.startswith("Oswes")}
    months = ("Baseline", "1 month", "3 months", "6 months")
    assert [means["Bone marrow concentrate", when] for when in months] == ["46.1", "33.4", "28.8", "29.9"]
    assert [means["Conventional care", when] for when in months] == ["44.3", "45.9", "47.3", "48.9"]


def test_surgery_avoided(disc_desk: Desk) -> None:
    said = disc_desk.says("surgery_avoided", timepoint="y3")
    for share in ("24/26 (92 %", "21/26 (81 %", "20/26 (77 %, 95 % interval 58 to 89 %) at 3 years"):
        assert share in said


def test_much_improved_at_six_years(disc_desk: Desk) -> None:
    said = disc_desk.says("perceived_effect", timepoint="y6")
    assert "At 6 years, 18/26 (69 %, 95 % interval 50 to 83 %) in the arm" in said
    assert "Few answered" not in disc_desk.page("perceived_effect", timepoint="y6")


def test_a_course_without_benefit(disc_desk: Desk) -> None:
    said = disc_desk.says("trajectories", rule="nrs_active change >= 2")
    assert "early 17/26 (65 %, 95 % interval 46 to 81 %)" in said
    assert "stable 9/26 (35 %, 95 % interval 19 to 54 %)" in said  # published: 29 to 42 %


def test_a_year_that_nobody_reached_is_not_stated(disc_desk: Desk) -> None:
    asked = {"protocol": "spine", "kind": "perceived_effect", "timepoint": "y4"}
    reply = disc_desk.client.get("/claims/new", query_string=asked, base_url=SITE)
    assert reply.status_code == 422
    assert "Nobody can be judged at 4 years" in reply.text
    assert "4 years" not in disc_desk.says("surgery_avoided", timepoint="y3")


def test_what_is_not_asked_cannot_be_stated(disc_desk: Desk) -> None:
    asked = {"protocol": "spine", "kind": "opioid_change", "timepoint": "m12"}
    reply = disc_desk.client.get("/claims/new", query_string=asked, base_url=SITE)
    assert reply.status_code == 422
    assert "does not ask about opioids, and no dose is recorded" in reply.text


def test_each_value_of_a_case_stands_at_its_own_visit(case_desk: tuple[Desk, list[str]]) -> None:
    desk, (first, second) = case_desk
    rows = desk.rows("case_report", patient=first, scale=list(COURSE))
    assert rows["Baseline"] == ["1", "5", "33", "not asked"]
    assert rows["2 weeks"] == ["not answered", "not answered", "not answered", "90"]
    assert rows["12 months"] == ["0", "0", "39", "not answered"]
    rows = desk.rows("case_report", patient=second, scale=list(COURSE))
    assert rows["Baseline"] == ["3", "6", "17", "not asked"]
    assert rows["2 weeks"] == ["not answered", "not answered", "not answered", "75"]
    assert rows["18 months"] == ["0", "2", "34", "90"]
    assert "4 treatments, on days 0, 48, 97 and 146" in desk.says("case_report", patient=second, scale=list(COURSE))
