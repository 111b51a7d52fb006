"""A person's way in, in a real browser: from the mail to the desk, and every page of the account and the team."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from local.ports import free_port
from surveys.access.chain.audit import SYSTEM
from surveys.access.signin import identities, totp
from surveys.db import clinic_session, db, real_now
from surveys.models import Staff
from tests.browser.looks import DESK, PHONE, WATCH, faults
from tests.factories import PASSWORD as FIRST
from tests.factories import MadeClinic, make_clinic
from tests.security.staffed import PASSWORD, joined, link_for, mail_staff, staff_id
from tests.servers import oidc, processes
from tests.servers.postbox import Postbox


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


@contextmanager
def opened(browser: Browser, base: str, **options: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=base, **options)
    context.set_default_timeout(20_000)
    context.add_init_script(WATCH)
    try:
        yield context.new_page()
    finally:
        context.close()


def go(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def look(page: Page, name: str) -> list[str]:
    """What is wrong with the page that is shown."""
    return [f"{name}: {each}" for each in faults(page, dark=DESK)]


def code(app: Flask, secret: str) -> str:
    with app.app_context():
        return totp.code_at(secret.replace(" ", ""), totp.step_of(real_now(db.session())))


Walk = Iterator[tuple[Page, str]]


def inviting(admin: Page, clinic: MadeClinic) -> Walk:
    """An administrator invites Ana; yields each page that is shown, with its name."""
    admin.goto("/login")
    yield admin, "sign in"
    admin.fill("#login", clinic.logins["admin"])
    admin.fill("#password", FIRST)
    go(admin, "Sign in")
    admin.goto("/team/new")
    admin.fill("#name", "Ana Prueba")
    admin.fill("#email", "ana@nowhere,else.example")
    admin.eval_on_selector("form.card", "form => form.noValidate = true")
    go(admin, "Send the invitation")
    yield admin, "an invitation with an error"
    admin.fill("#email", "ana@clinic.example")
    go(admin, "Send the invitation")
    yield admin, "team"


def joining(app: Flask, page: Page, path: str) -> Walk:
    """Ana accepts, with a password and an authenticator."""
    page.goto(path)
    yield page, "welcome"
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    go(page, "Continue to the second factor")
    yield page, "second factor"
    page.fill("#code", code(app, page.locator(".secret code").inner_text()))
    go(page, "Confirm")
    expect(page.locator(".codes li")).to_have_count(10)
    yield page, "recovery codes"
    with page.expect_navigation():
        page.get_by_role("link", name="I have kept them; continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Desk")


def around(admin: Page, page: Page) -> Walk:
    """The pages that need no act."""
    for path in ("/account", "/account/password", "/confirm?next=/account&again=1"):
        page.goto(path)
        yield page, path.partition("?")[0][1:].replace("/", " ")
    with page.expect_navigation():
        page.get_by_role("button", name="Log out").click()
    for path in ("/password", "/welcome/dead"):
        page.goto(path)
        yield page, path[1:].replace("/", " ")
    admin.goto("/settings/mail?parts=2&language=ar")
    yield admin, "what patients are sent"
    admin.goto("/team")
    with admin.expect_navigation():
        admin.get_by_role("link", name="Change Ana Prueba").click()
    yield admin, "member"


def test_every_page_on_the_way_in_can_be_used_by_everybody(
    app: Flask, browser: Browser, web_server: str, clinic: MadeClinic, postbox: Postbox
) -> None:
    with opened(browser, web_server, locale="en") as admin, opened(browser, web_server, locale="en") as page:
        wrong = [look(shown, name) for shown, name in inviting(admin, clinic)]
        assert mail_staff(app, clinic) == 1
        path = link_for(postbox, "ana@clinic.example")
        wrong += [look(shown, name) for shown, name in joining(app, page, path)]
        wrong += [look(shown, name) for shown, name in around(admin, page)]
    assert [each for page_s in wrong for each in page_s] == []


def test_a_person_signs_in_with_a_code_or_a_recovery_code_without_scripts(
    app: Flask, browser: Browser, web_server: str, clinic: MadeClinic, postbox: Postbox
) -> None:
    person = joined(app, clinic, postbox, "ana@clinic.example", "coordinator")
    for way in ("code", "recovery"):
        with opened(browser, web_server, java_script_enabled=False, viewport=PHONE) as page:
            page.goto("/patients")
            page.fill("#login", person.login)
            page.fill("#password", PASSWORD)
            go(page, "Sign in")
            if way == "recovery":
                with page.expect_navigation():
                    page.get_by_role("link", name="Use a recovery code instead").click()
            page.fill("#code", person.code() if way == "code" else person.codes[3])
            go(page, "Sign in")
            expect(page.get_by_role("heading", level=1)).to_have_text(
                re.compile("Patients" if way == "code" else "Your account")
            )


def test_the_institution_s_button_leads_there_and_back(
    app: Flask, browser: Browser, environment: dict[str, str], clinic: MadeClinic, tmp_path: Path
) -> None:
    with oidc.running() as provider:
        own = {"PUBLIC_BASE_URL": f"http://localhost:{free_port()}", "OIDC_ISSUER": provider.issuer}
        client = {"OIDC_CLIENT_ID": oidc.CLIENT, "OIDC_CLIENT_SECRET": oidc.SECRET, "OIDC_NAME": "Test Hospital"}
        provider.subject = f"person-of-{clinic.id.hex}"
        tie(app, clinic, provider)
        with (
            processes.web_server({**environment, **own, **client}, tmp_path / "web.log") as base,
            opened(browser, base, viewport=PHONE) as page,
        ):
            page.goto("/account")
            with page.expect_navigation():
                page.get_by_role("link", name="Sign in with Test Hospital").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
            expect(page.get_by_text("password, the institution")).to_be_visible()
            assert page.evaluate("window.broken") == []


def tie(app: Flask, clinic: MadeClinic, provider: oidc.Provider) -> None:
    """Tie the clinic's coordinator to the subject that the provider vouches for."""
    wanted = staff_id(app, clinic.logins["coordinator"])
    with app.app_context(), clinic_session(clinic.id) as session:
        person, now = session.get_one(Staff, wanted), real_now(session)
        identities.link(session, person, provider.issuer, provider.subject, actor=SYSTEM, now=now)
        session.commit()
