"""What opioids a patient takes, over HTTP: recorded, corrected, taken back, refused with a sentence, shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from surveys.db import app_now, clinic_session
from surveys.models import Episode, OpioidDose
from tests.page_forms import form_to
from tests.views.test_enrolment import Desk, sign_in


@pytest.fixture(scope="module")
def desk(app: Flask) -> Desk:
    """A desk with one patient."""
    with app.app_context():
        return sign_in(app)


@pytest.fixture(scope="module")
def path(desk: Desk) -> str:
    return desk.enrol()


@pytest.fixture(scope="module")
def action(app: Flask, desk: Desk, path: str) -> str:
    assert path
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        return f"/episodes/{session.scalars(select(Episode.id)).one()}/opioids"


@pytest.fixture(scope="module")
def today(app: Flask, desk: Desk) -> str:
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        return app_now(session).date().isoformat()


def line(number: int, drug: str, amount: str, times: str = "", **more: str) -> dict[str, str]:
    own = {"drug": drug, "route": "oral", "amount": amount, "times_a_day": times} | more
    return {f"line{number}-{name}": value for name, value in own.items()}


OXYCODONE = line(1, "oxycodone", "10", "2")


def test_the_page_says_that_nothing_recorded_is_not_none(desk: Desk, path: str, action: str) -> None:
    page = desk.client.get(path).text
    assert "That does not mean that none is taken" in page
    assert {"line1-drug", "line4-amount", "on_date"} <= set(form_to(page, action).sent())


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"says": "takes"}, "Choose which opioid"),
        ({"says": "none"} | OXYCODONE, "None is taken, and yet"),
        ({"says": "takes"} | line(1, "oxycodone", "a lot"), "Check the entry about opioids"),
        ({"says": "takes"} | line(1, "oxycodone", "-3"), "Check the entry about opioids"),
        ({"says": "takes"} | line(1, "oxycodone", "inf"), "Check the entry about opioids"),
        ({"says": "takes"} | line(1, "heroin", "3"), "Check the entry about opioids"),
        ({"says": "takes"} | line(1, "methadone", "4000", "2"), "more than anybody takes"),
        ({"says": "takes"} | OXYCODONE | line(2, "", "5"), "Check the entry about opioids"),
        ({"says": "perhaps"}, "Check the entry about opioids"),
        ({"says": "withdrawn"}, "Nothing is recorded of that day"),
        ({"says": "none", "on_date": "1900-01-01"}, "Enter a day that has come"),
        ({"says": "none", "on_date": ""}, "Check the entry about opioids"),
    ],
)
def test_what_cannot_be_kept_is_a_sentence_and_keeps_nothing(
    app: Flask, desk: Desk, action: str, today: str, typed: dict[str, str], told: str
) -> None:
    reply = desk.post(action, **{"on_date": today, **typed})
    assert reply.status_code == 422
    assert told in reply.text
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert session.scalars(select(OpioidDose)).all() == []


def test_a_day_that_has_not_come_is_refused(app: Flask, desk: Desk, action: str) -> None:
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        tomorrow = (app_now(session).date() + timedelta(days=2)).isoformat()
    assert desk.post(action, on_date=tomorrow, says="none").status_code == 422


def test_a_dose_is_recorded_corrected_and_taken_back(desk: Desk, path: str, action: str, today: str) -> None:
    patch = line(2, "fentanyl", "25", "7", route="transdermal")
    assert desk.post(action, on_date=today, says="takes", **OXYCODONE, **patch).status_code == 303
    page = desk.client.get(path).text
    assert "90 MME a day" in page  # 10 × 2 × 1.5 + 25 × 2.4
    assert "counts for: Baseline" in page
    assert "oxycodone, 10 mg × 2 a day" in page
    file = desk.client.get(f"{path}/sheet.txt").text
    assert "Opioids (MME by cdc-2022)" in file
    assert "90 MME a day" in file
    assert "90 MME a day" in desk.client.get(f"{path}/sheet").text
    needed = line(1, "oxycodone", "5", as_needed="y") | line(3, "buprenorphine", "10", route="transdermal")
    assert desk.post(action, on_date=today, says="takes", **needed).status_code == 303
    page = desk.client.get(path).text
    assert "90 MME a day" not in page
    assert "oxycodone is taken as needed; buprenorphine has no factor" in page
    assert desk.post(action, on_date=today, says="none").status_code == 303
    assert "takes none" in desk.client.get(path).text
    assert desk.post(action, on_date=today, says="withdrawn").status_code == 303
    assert "That does not mean that none is taken" in desk.client.get(path).text
