"""The page that shows administrators every message: nothing sent, nobody's data, nothing that runs."""

from __future__ import annotations

from itertools import product

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys.db import clinic_session
from surveys.i18n import LANGUAGES
from surveys.models import Clinic
from tests.factories import MadeClinic, make_clinic
from tests.servers.postbox import Postbox
from tests.staff_browser import SITE, signed_in

PAGE = "/settings/mail"
STEPS = ("invitation", "reminder_1", "reminder_3")


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


@pytest.fixture
def admin(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "admin")


def test_every_message_is_shown_as_mail_and_as_text_and_none_is_sent(admin: FlaskClient, postbox: Postbox) -> None:
    for language, step, started, parts in product(LANGUAGES, STEPS, ("false", "y"), ("1", "3")):
        asked = {"language": language, "step": step, "parts": parts, "timepoint": "m3"} | (
            {"started": "y"} if started else {}
        )
        page, mail = (admin.get(path, query_string=asked, base_url=SITE) for path in (PAGE, f"{PAGE}/dark"))
        assert (page.status_code, mail.status_code) == (200, 200)
        assert f'lang="{language}"' in page.text
        assert "STOP" in page.text
        assert mail.text.count('class="button"') == int(parts)
    assert postbox.messages == []


def test_the_frames_show_one_mail_in_the_light_and_in_the_dark(admin: FlaskClient) -> None:
    light, dark = (admin.get(f"{PAGE}/{colours}", base_url=SITE).text for colours in ("light", "dark"))
    assert "@media not all" in light
    assert "@media all" in dark
    assert 'content="dark"' in dark
    assert "prefers-color-scheme" not in light + dark


def test_the_mail_may_run_and_load_nothing_and_only_this_page_may_frame_it(admin: FlaskClient) -> None:
    page, mail = (admin.get(path, base_url=SITE).headers["Content-Security-Policy"] for path in (PAGE, f"{PAGE}/light"))
    assert mail == "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    assert page.endswith("frame-ancestors 'none'; frame-src 'self'")
    assert "script-src 'self'" in page


def test_a_clinics_hostile_name_is_text(app: Flask, admin: FlaskClient, clinic: MadeClinic) -> None:
    name = "<script>alert(1)</script> {{7*7}}"
    with app.app_context(), clinic_session(clinic.id) as session:
        session.get_one(Clinic, clinic.id).sender_name = name
        session.commit()
    for path in (PAGE, f"{PAGE}/light"):
        text = admin.get(path, base_url=SITE).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in text


@pytest.mark.parametrize("asked", ["language=xx", "step=phone_task", "timepoint=never", "parts=0", "parts=x"])
def test_a_message_that_is_none_is_answered_with_a_sentence(admin: FlaskClient, asked: str) -> None:
    page = admin.get(f"{PAGE}?{asked}", base_url=SITE)
    assert page.status_code == 422
    assert "There is no such message" in page.text
    assert admin.get(f"{PAGE}/light?{asked}", base_url=SITE).status_code == 404
    assert admin.get(f"{PAGE}/sepia", base_url=SITE).status_code == 404


def test_others_than_administrators_do_not_come_in(app: Flask, clinic: MadeClinic, client: FlaskClient) -> None:
    assert client.get(PAGE, base_url=SITE).status_code == 303
    coordinator = signed_in(app, clinic, "coordinator")
    assert coordinator.get(PAGE, base_url=SITE).status_code == 403
    assert coordinator.get(f"{PAGE}/light", base_url=SITE).status_code == 403
