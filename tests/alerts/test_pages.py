"""The pages: who answers for alerts, what waits, who has looked; and what patients see of it, which is nothing."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from scoring.instrument import find_instrument
from surveys.alerts.rules import RED_FLAGS, offered, read_rules
from surveys.alerts.settings import settings_of
from surveys.models import Alert, AlertSettings, AuditEvent, Staff
from surveys.safety import SAFETY
from tasks.doctor.alerts import check_alerts
from tasks.figures import read_figures
from tests.alerts.ward import Ward
from tests.page_forms import form_to
from tests.staff_browser import SITE, signed_in

SETTINGS = "/alerts/settings"


def browser(ward: Ward, role: str) -> FlaskClient:
    return signed_in(ward.app, ward.clinic, role)


def send(admin: FlaskClient, path: str, at: str, **typed: str | list[str]) -> tuple[int, str]:
    """Send the page's own form with some entries changed, and read what comes back."""
    form = form_to(admin.get(at, base_url=SITE).text, path)
    reply = admin.post(path, data={**form.sent(), **typed}, base_url=SITE, follow_redirects=True)
    return reply.status_code, reply.text


def kept(ward: Ward) -> AlertSettings | None:
    return ward.act(lambda session: settings_of(session, ward.clinic.id))


def test_alerts_are_off_until_an_admin_names_who_looks(ward: Ward) -> None:
    admin = browser(ward, "admin")
    assert "Alerts are off" in admin.get("/alerts", base_url=SITE).text
    named = {"owner": str(ward.person("clinician")), "deputy": str(ward.person("coordinator"))}
    status, page = send(admin, SETTINGS, SETTINGS, **named, enabled="y")
    assert (status, "Alerts are on." in page) == (200, True)
    settings = kept(ward)
    assert settings
    assert settings.enabled_at
    assert (settings.weekdays, settings.respond_within_hours) == ([0, 1, 2, 3, 4], 8)
    assert read_rules(settings.rules) == offered()
    changed = select(AuditEvent.new).where(AuditEvent.action == "settings_changed")
    (new,) = ward.act(lambda session: session.scalars(changed).all())
    assert (new["alerts"], new["owner"]) == ("on", named["owner"])


def test_what_is_wrong_is_said_and_nothing_is_kept(ward: Ward) -> None:
    admin, same = browser(ward, "admin"), str(ward.person("clinician"))
    good: dict[str, str | list[str]] = {"owner": same, "deputy": str(ward.person("coordinator")), "enabled": "y"}
    for wrong, sentence in (
        ({"deputy": same}, "Choose another person"),
        ({"hours_until": "08:00"}, "Enter a time after the first"),
        ({"weekdays": []}, "Choose at least one day"),
        ({"respond_within_hours": "0"}, "Enter 1 to 240 hours"),
        ({"worse_odi": "101"}, "Enter an amount of worsening above 0"),
        ({"worse_odi": "NaN"}, "Enter an amount of worsening above 0"),
        ({"source_odi": ""}, "Say where the amount comes from"),
        ({"owner": str(ward.clinic.id)}, "Nothing is saved yet"),
    ):
        status, page = send(admin, SETTINGS, SETTINGS, **{**good, **wrong})
        assert (status, sentence in page) == (422, True), wrong
    assert kept(ward) is None


def test_an_alert_is_listed_and_acknowledged_by_name_with_a_note(ward: Ward) -> None:
    ward.turn()
    invited = ward.worse()
    clinician = browser(ward, "clinician")
    page = clinician.get("/alerts", base_url=SITE).text
    assert "Pain during activity: 2 at baseline, now 9" in page
    assert "1 alert waits" in clinician.get(f"/patients/{invited.patient_id}", base_url=SITE).text
    assert "1 alert to look at" in clinician.get("/desk", base_url=SITE).text
    path = f"/alerts/{ward.alerts()[0].id}"
    assert send(clinician, path, "/alerts", note=" ")[0] == 422
    status, page = send(clinician, path, "/alerts", note="Phoned, comes on Monday")
    assert (status, "Nothing waits." in page, "Phoned, comes on Monday" in page) == (200, True, True)
    assert "acknowledged" in page
    assert "Test clinician" in page
    assert "alert waits" not in clinician.get(f"/patients/{invited.patient_id}", base_url=SITE).text
    noted = select(AuditEvent.new).where(AuditEvent.action == "alert_acknowledged")
    assert "Phoned" not in str(ward.act(lambda session: session.scalars(noted).all()))


def test_the_second_to_acknowledge_is_told_who_was_first(ward: Ward) -> None:
    ward.turn()
    ward.worse()
    (alert,) = ward.alerts()
    coordinator = browser(ward, "coordinator")
    form = form_to(coordinator.get("/alerts", base_url=SITE).text, f"/alerts/{alert.id}")
    ward.acknowledge(alert, "first")
    reply = coordinator.post(f"/alerts/{alert.id}", data={**form.sent(), "note": "second"}, base_url=SITE)
    assert (reply.status_code, "Somebody else has acknowledged" in reply.text) == (409, True)
    assert [each.note for each in ward.alerts()] == ["first"]


def test_what_is_overdue_is_marked_counted_and_told_by_the_metrics(app: Flask, ward: Ward) -> None:
    with app.app_context():
        before = read_figures().alerts
    ward.turn(within=1)
    for _ in range(2):
        ward.worse()
    late, _in_time = ward.alerts()
    by = update(Alert).where(Alert.id == late.id).values(due_at=late.due_at - timedelta(hours=3))
    ward.act(lambda session: session.execute(by, execution_options={"synchronize_session": False}))
    page = browser(ward, "coordinator").get("/alerts", base_url=SITE).text
    assert page.count(">overdue<") == 1
    assert page.index(str(late.id)) < page.index(str(_in_time.id))
    with app.app_context():
        figures = read_figures()
    assert (figures.alerts.open - before.open, figures.alerts.overdue - before.overdue) == (2, 1)
    told = {name: values for name, _words, values in figures.families()}
    assert told["overdue_alerts"] == {"": figures.alerts.overdue}


def test_the_doctor_warns_of_an_account_that_is_closed_or_without_an_address(app: Flask, ward: Ward) -> None:
    for role in ("clinician", "coordinator"):
        ward.address(role)
    ward.turn()
    code = f"clinic-{ward.clinic.id.hex[-12:]}"

    def warned() -> list[str]:
        with app.app_context():
            return [each.words for each in check_alerts() if each.level == "warn" and code in each.words]

    assert warned() == []
    ward.turn(owner_id=ward.person("admin"))
    gone = update(Staff).where(Staff.id == ward.person("coordinator")).values(disabled_at=ward.now())
    ward.act(lambda session: session.execute(gone, execution_options={"synchronize_session": False}))
    assert warned() == [
        f"the owner in clinic {code} has no e-mail address",
        f"the account of the deputy in clinic {code} is closed",
    ]


def test_analysts_see_no_alerts_and_only_admins_choose(ward: Ward) -> None:
    assert browser(ward, "analyst").get("/alerts", base_url=SITE).status_code == 403
    assert browser(ward, "clinician").get(SETTINGS, base_url=SITE).status_code == 403


def test_the_safety_wording_stands_on_each_red_flag_and_the_thanks_stay_as_they_are(app: Flask, ward: Ward) -> None:
    ward.turn()
    invited = ward.patient()
    phone = app.test_client()
    begun = phone.post(f"/q/{invited.token}", data={"respondent": "self", "consent": "y"}, base_url=SITE)
    assert begun.status_code == 303
    for position, item in enumerate(find_instrument(RED_FLAGS).items, 1):
        page = phone.get(f"/s/{RED_FLAGS}/{position}", base_url=SITE).text
        assert str(SAFETY.spoken("en")) in page, item.code
        assert len(page.encode()) < 8192
    assert str(SAFETY.spoken("en")) not in phone.get("/s/odi/1", base_url=SITE).text
    ward.answer(invited, RED_FLAGS, bladder_or_bowel=1)
    form = form_to(phone.get("/s/review", base_url=SITE).text, "/s/send")
    thanks = phone.post("/s/send", data=form.sent(), base_url=SITE, follow_redirects=True).text
    assert ward.kinds() == [("red_flag", "bladder_or_bowel")]
    assert "Nobody reads your answers straight away" in thanks
    assert "alert" not in thanks.lower()
