"""The published trial's figures, from answers that patients send over HTTP and a clinician reads on the dashboard.

Atluri et al., Pain Physician 2022;25:193-207. Mail goes through the outbox to a real SMTP server, each patient follows
the link in it, and the domain clock moves from one timepoint to the next. The baseline of most is given by the
functions behind the screens; FAULTS_FULL=1 sends everything over HTTP.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.demo import replica
from surveys.demo.lives import Levels, Life, Reply
from surveys.demo.replies import answer_visit
from surveys.models import Clinic, Episode, Treatment, Visit
from surveys.pathway import episodes
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails
from surveys.people.patients import PatientDetails, add_patient, find_by_chart
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from surveys.schedule import add_months
from tasks.reminders import drain_clinic
from tests.clock import domain_clock
from tests.factories import PASSWORD, MadeClinic, make_clinic
from tests.servers.postbox import Postbox

SITE = "https://localhost"
BEGIN = date(2025, 3, 3)
WHOLE = os.environ.get("FAULTS_FULL") == "1"  # every timepoint; else the primary one, over the same pages
SPEAKERS = 1 if WHOLE else 10  # one patient in so many sends the baseline over HTTP too
OPENS = {"m1": (1, 7), "m3": (3, 14), "m6": (6, 21), "m12": (12, 30)}  # months, days before: trial.toml
OPENS_BEFORE = OPENS if WHOLE else {"m12": OPENS["m12"]}
SECTIONS = (
    *("pain_intensity", "personal_care", "lifting", "walking", "sitting"),
    *("standing", "sleeping", "sex_life", "social_life", "travelling"),
)
PAINS = ("active",)  # the pain that the figures are of
ARMS = ("bmc", "conventional")
ANSWERED = {"baseline", *OPENS_BEFORE}
PAIN = {code: n for code, n in {"m3": (29, 39), "m6": (25, 38), "m12": (22, 39)}.items() if code in ANSWERED}
PUBLISHED = {
    "bmc": {"baseline": "46.1", "m1": "33.4", "m3": "28.8", "m6": "29.9"},
    "conventional": {"baseline": "44.3", "m1": "45.9", "m3": "47.3", "m6": "48.9"},
}
MEANS = {arm: {code: mean for code, mean in means.items() if code in ANSWERED} for arm, means in PUBLISHED.items()}


def at(day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)


@pytest.fixture(scope="module")
def clinician(app: Flask, smtp_server: Postbox) -> Iterator[FlaskClient]:
    """Signed in a year later, after every patient has answered every mail."""
    smtp_server.clear()
    lives = {_address(life): life for life in replica.lives(BEGIN)}
    with app.app_context(), domain_clock() as set_clock:
        set_clock(at(BEGIN))
        clinic = make_clinic(now=at(BEGIN))
        _enrol(clinic, lives)
        others = {address: life for number, (address, life) in enumerate(lives.items()) if number % SPEAKERS}
        _answer_mail(app, clinic, smtp_server, lives, "baseline", but=others)
        _answer_at_once(clinic, others)
        set_clock(at(BEGIN, 15))
        _treat(clinic)
        for code, (months, days) in OPENS_BEFORE.items():
            set_clock(at(add_months(BEGIN, months) - timedelta(days=days)))
            _answer_mail(app, clinic, smtp_server, lives, code)
        set_clock(at(BEGIN + timedelta(days=500)))
        yield _signed_in(app, clinic)


def _address(life: Life) -> str:
    return f"{life.chart_number.lower()}@patients.example"


def _enrol(made: MadeClinic, lives: Mapping[str, Life]) -> None:
    """All on one day, which is the day of treatment too, so that one clock serves all."""
    with clinic_session(made.id) as session:
        clinic, now = session.get_one(Clinic, made.id), at(BEGIN)
        row = protocol_store.load(session, made.id, bundled_protocols()["trial"].source, "trial.toml", now=now)
        for address, life in lives.items():
            details = PatientDetails(life.chart_number, "Demo", "Patient", address, time_zone="Europe/London")
            vault, allowed = current_app.extensions["vault"], frozenset({"contact_email"})
            patient = add_patient(session, vault, clinic, details, allowed, actor=SYSTEM, now=now)
            opened = EpisodeDetails(life.arm, life.pain_generator, BEGIN)
            episode = episodes.open_episode(session, clinic, patient, row, opened, actor=SYSTEM, now=now)
            given = TreatmentDetails(BEGIN, life.treatments[0][1])
            episodes.plan_treatment(session, clinic, episode, given, actor=SYSTEM, now=now)
        session.commit()


def _treat(made: MadeClinic) -> None:
    with clinic_session(made.id) as session:
        clinic = session.get_one(Clinic, made.id)
        for treatment in session.scalars(select(Treatment)).all():
            _done(session, clinic, treatment)
        session.commit()


def _done(session: Session, clinic: Clinic, treatment: Treatment) -> None:
    episodes.settle_treatment(session, clinic, treatment, "done", actor=SYSTEM, now=at(BEGIN, 15))


def _answer_mail(
    app: Flask, made: MadeClinic, postbox: Postbox, lives: Mapping[str, Life], code: str, but: Collection[str] = ()
) -> None:
    """Let the day's mail go out; whoever answers now follows its link, the first time to the practice."""
    postbox.clear()
    drain_clinic(made.id)
    invited = {str(mail["To"]): mail for mail in postbox.messages}
    assert set(invited) == set(lives)
    for address, life in lives.items():
        if code in life.replies and address not in but:
            link = re.search(r"/q/[\w-]+", invited[address].get_body(("plain",)).get_content())  # type: ignore[union-attr]
            assert link
            browser, first = app.test_client(), "/s/practice" if code == "baseline" else "/s/odi/1"
            assert _post(browser, link.group(), respondent="self", consent="1").location == first
            _fill_in(browser, life.replies[code].levels)


def _answer_at_once(made: MadeClinic, lives: Mapping[str, Life]) -> None:
    """Give the same answers at the baseline as ``_fill_in`` does, through the functions behind the screens."""
    with clinic_session(made.id) as session:
        vault, protocol, now = current_app.extensions["vault"], bundled_protocols()["trial"], app_now(session)
        for life in lives.values():
            patient = find_by_chart(session, vault, life.chart_number)
            assert patient
            of_patient = select(Visit).join(Episode, Episode.id == Visit.episode_id)
            wanted = of_patient.where(Episode.patient_id == patient.id, Visit.timepoint == "baseline")
            visit, levels = session.scalars(wanted).one(), life.replies["baseline"].levels
            reply = Reply({"odi": levels["odi"], "nrs11": {item: levels["nrs11"][item] for item in PAINS}})
            answer_visit(session, patient, visit, reply, protocol, coordinator=SYSTEM, now=now)
        session.commit()


def _fill_in(browser: FlaskClient, levels: Levels) -> None:
    """Answer the ODI and active pain screen by screen, leave the rest open, and send from the review."""
    for instrument, items in (("odi", SECTIONS), ("nrs11", PAINS)):
        for position, item in enumerate(items, 1):
            page = f"/s/{instrument}/{position}"
            saved = _post(browser, page, token=_token(browser, page), answer=str(levels[instrument][item]))
            assert saved.location != page
    assert _post(browser, "/s/send", token=_token(browser, "/s/review")).location == "/s/done"


def _post(browser: FlaskClient, path: str, **typed: str) -> TestResponse:
    reply = browser.post(path, data=typed, base_url=SITE)
    assert reply.status_code == 303, (path, reply.text)
    return reply


def _token(browser: FlaskClient, path: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', browser.get(path, base_url=SITE).text)
    assert found, path
    return found[1]


def _signed_in(app: Flask, made: MadeClinic) -> FlaskClient:
    browser = app.test_client()
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login", base_url=SITE).text)
    assert found
    form = {"login": made.logins["clinician"], "password": PASSWORD, "csrf_token": found[1]}
    reply = browser.post("/login", data=form, base_url=SITE, headers={"Referer": f"{SITE}/login"})
    assert reply.status_code == 303
    return browser


def _rows(browser: FlaskClient, figure: str) -> dict[tuple[str, str], dict[str, str]]:
    text = browser.get(f"/dashboard/{figure}.csv?protocol=trial", base_url=SITE).text.lstrip("\ufeff")
    return {(row["timepoint"], row["arm"]): row for row in csv.DictReader(io.StringIO(text))}


def _rates(browser: FlaskClient, rule: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Responders and evaluable, from the file of the figure whose rule it is."""
    for number in range(1, 9):
        rows = _rows(browser, f"responders-{number}")
        if rows and next(iter(rows.values()))["rule"] == rule:
            return {key: (int(row["responders"]), int(row["evaluable"])) for key, row in rows.items()}
    raise LookupError(rule)


def test_disability_responders_at_twelve_months(clinician: FlaskClient) -> None:
    rates = _rates(clinician, "odi change >= 10")
    assert rates["m12", "bmc"] == (26, 39)
    assert rates["m12", "conventional"] == (3, 39)


def test_pain_responders_whichever_way_the_rule_is_read(clinician: FlaskClient) -> None:
    for rule in ("nrs_active change >= 2", "nrs_active change > 2"):
        rates = _rates(clinician, rule)
        assert {code: rates[code, "bmc"] for code in PAIN} == PAIN


def test_mean_disability(clinician: FlaskClient) -> None:
    rows = _rows(clinician, "mean-odi")
    means = {arm: {code: f"{float(rows[code, arm]['mean']):.1f}" for code in MEANS[arm]} for arm in ARMS}
    assert means == MEANS


def test_the_page_itself_says_so(clinician: FlaskClient) -> None:
    page = clinician.get("/dashboard?protocol=trial", base_url=SITE).text
    assert re.search(r"26/39\D{1,10}67\s%", page)
    assert "3/39" in page
    pain = clinician.get("/dashboard?protocol=trial&rule=nrs_active+change+>%3D+2", base_url=SITE).text
    for responders, evaluable in PAIN.values():
        assert f"{responders}/{evaluable}" in pain


def test_single_patients_differ(clinician: FlaskClient) -> None:
    """Not everyone in an arm is a responder, or none, at any follow-up."""
    rates = _rates(clinician, "odi change >= 10")
    followed = [rates[code, arm] for code in OPENS_BEFORE for arm in ARMS]
    assert all(0 < responders < evaluable for responders, evaluable in followed)
