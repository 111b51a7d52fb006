"""Two tabs, two devices, Back, a double tap, ten parallel submits (T4): every version kept, one submission."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import func, select

from surveys.models import Answer, AuditEvent, Response, Score, Visit
from tests.browser.tab import levels, stored, tab_of
from tests.faults.counting import Fault
from tests.faults.plain_patient import PlainPatient
from tests.page_forms import form_to
from tests.patients import Invited, invite, seen_by

pytestmark = pytest.mark.faults
ITEM = "/s/odi/1"
AT_ONCE = 10


@pytest.fixture
def invited(app: Flask) -> Invited:
    return invite(app)


def patient_of(web_server: str, invited: Invited) -> PlainPatient:
    patient = PlainPatient(urlsplit(web_server).port or 0)
    patient.start(invited)
    return patient


def shown(patient: PlainPatient) -> str:
    return form_to(patient.ask("GET", ITEM)[1], ITEM).value("answer")


def test_t04_two_tabs_keep_both_answers_and_the_last_one_counts(
    app: Flask, web_server: str, invited: Invited, record_fault: Fault
) -> None:
    patient = patient_of(web_server, invited)
    first, second = patient.form(ITEM), patient.form(ITEM)
    assert patient.ask("POST", ITEM, answer="1", **second)[0] == 303
    assert patient.ask("POST", ITEM, answer="4", **first)[0] == 303
    record_fault.inject("tabs", 2)
    record_fault.count(versions=len(stored(app, invited)))
    assert (levels(app, invited), shown(patient)) == ([1, 4], "4")


def test_t04_two_devices_at_the_same_moment_keep_both_answers(
    app: Flask, web_server: str, invited: Invited, record_fault: Fault
) -> None:
    devices = [patient_of(web_server, invited) for _ in range(AT_ONCE)]
    forms = [device.form(ITEM) for device in devices]
    with ThreadPoolExecutor(AT_ONCE) as hands:
        sent = [
            hands.submit(device.ask, "POST", ITEM, answer=str(number % 6), **form)
            for number, (device, form) in enumerate(zip(devices, forms, strict=True))
        ]
        assert {each.result()[0] for each in sent} == {303}
    record_fault.inject("devices", AT_ONCE)
    record_fault.count(versions=len(stored(app, invited)))
    assert Counter(levels(app, invited)) == Counter(number % 6 for number in range(AT_ONCE))
    assert shown(devices[0]) == str(levels(app, invited)[-1])


def test_t04_back_and_a_changed_mind_are_versions(
    app: Flask, web_server: str, invited: Invited, record_fault: Fault
) -> None:
    patient = patient_of(web_server, invited)
    form = patient.form(ITEM)  # as a page that the browser kept has it
    for level in ("2", "3", "2", "2"):
        assert patient.ask("POST", ITEM, answer=level, **form)[0] == 303
    record_fault.inject("the same form", 4)
    record_fault.count(versions=len(stored(app, invited)))
    assert levels(app, invited) == [2, 3, 2]


def test_t04_a_double_tap_is_one_answer(
    app: Flask, web_server: str, browser: Browser, invited: Invited, record_fault: Fault
) -> None:
    patient = patient_of(web_server, invited)
    form = patient.form(ITEM)
    with ThreadPoolExecutor(AT_ONCE) as hands:
        sent = [hands.submit(patient.ask, "POST", ITEM, answer="5", **form) for _ in range(AT_ONCE)]
        assert {each.result()[0] for each in sent} == {303}
    assert levels(app, invited) == [5]
    with tab_of(browser, web_server) as tab:
        tab.start(invited)
        tab.open("/s/odi/2")
        tab.page.locator("#answer-3").check()
        tab.page.locator("main button.primary").dblclick()
        tab.is_at(3)
        assert tab.page.locator(".errors").count() == 0
        tab.is_empty()
    record_fault.inject("taps", AT_ONCE + 2)
    record_fault.count(versions=len(stored(app, invited)))
    assert stored(app, invited) == [("pain_intensity", 5), ("personal_care", 3)]


def test_t04_ten_submits_at_once_are_one_submission(
    app: Flask, web_server: str, invited: Invited, record_fault: Fault
) -> None:
    devices = [patient_of(web_server, invited) for _ in range(AT_ONCE)]
    for number in range(1, 11):
        devices[0].answer(f"/s/odi/{number}", 2)
    proofs = [form_to(device.ask("GET", "/s/review")[1], "/s/send").value("token") for device in devices]
    with ThreadPoolExecutor(AT_ONCE) as hands:
        sent = [
            hands.submit(device.ask, "POST", "/s/send", token=proof)
            for device, proof in zip(devices, proofs, strict=True)
        ]
        replies = [each.result() for each in sent]
    assert replies == [(303, "/s/done")] * AT_ONCE
    with seen_by(app, invited.clinic_id) as session:
        scored = session.scalar(select(func.count()).where(Score.scale == "odi"))
        told = session.scalar(select(func.count()).where(AuditEvent.action == "submitted"))
        final = session.scalar(select(func.count()).where(Response.finalised_at.is_not(None)))
        answers = session.scalar(select(func.count()).select_from(Answer))
        assert session.get_one(Visit, invited.visit_id).submitted_at is not None
    record_fault.inject("submits", AT_ONCE)
    record_fault.count(scores=scored or 0, responses=final or 0)
    assert (scored, told, final, answers) == (1, 1, 1, 10)
