"""Every screen a patient can meet, one after the other, in a browser of any size, colours and language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import Browser, Error, Page, expect

from surveys.access.opt_out import opt_out_url
from surveys.models import Clinic, Patient, Visit
from tests.browser.kiosk import tablet_walk
from tests.browser.pressing import press
from tests.channels.texted import change
from tests.patients import Invited, invite, seen_by
from tests.scored import scored_before
from tests.servers.processes import wait_until

ITEMS = ("odi/1", "nrs11/1", "eq5d3l/1", "eq5d3l/6")
COLLECT = "addEventListener('securitypolicyviolation', e => (window.refused ??= []).push(e.violatedDirective))"


@dataclass(frozen=True)
class Look:
    """How the screens are seen. ``colours``: light, dark or forced."""

    language: str = "en"
    width: int = 390
    height: int = 844
    colours: str = "light"
    scripts: bool = True

    def __str__(self) -> str:
        return f"{self.language}-{self.width}x{self.height}-{self.colours}{'' if self.scripts else '-plain'}"


@contextmanager
def seen_as(browser: Browser, look: Look) -> Iterator[Page]:
    """Yield a page of that look, which counts what the content security policy refuses."""
    context = browser.new_context(locale=look.language, has_touch=look.width < 1000, java_script_enabled=look.scripts)
    context.set_default_timeout(15_000)
    context.add_init_script(COLLECT)
    page = context.new_page()
    show_as(page, look)
    yield page
    context.close()


def show_as(page: Page, look: Look) -> None:
    """Give a page another size and other colours, whatever it shows; it stays in its language."""
    page.set_viewport_size({"width": look.width, "height": look.height})
    page.emulate_media(
        color_scheme="dark" if look.colours == "dark" else "light",
        forced_colors="active" if look.colours == "forced" else "none",
    )


def sit_down(app: Flask, base: str, page: Page, language: str = "en", timepoint: str = "baseline") -> Invited:
    """Open a new patient's link and press Start; the page shows what comes after."""
    invited = invite(app, language=language, timepoint=timepoint)
    page.goto(f"{base}/q/{invited.token}")
    page.locator("#respondent-self").check()
    page.locator("#consent").check()
    page.locator("button.primary").click()
    return invited


def walk(app: Flask, base: str, page: Page, language: str) -> Iterator[str]:
    """Go from screen to screen; yields the name of each while it is shown."""
    invited = invite(app, language=language, timepoint="m1")
    scored_before(app, invited, "nrs_active", 8)
    yield from _before(base, page, invited)
    page.locator("#respondent-self").check()
    page.locator("#consent").check()
    press(page, "button.primary")
    yield from _items(base, page)
    page.goto(f"{base}/s/nrs11/2")
    page.locator("#answer-3").check()
    _confirm(page, "button.primary")
    page.goto(f"{base}/s/review")
    yield "review"
    page.goto(f"{base}/s/permissions")
    yield "permissions"
    page.goto(f"{base}/s/leave")
    yield "leave"
    page.goto(f"{base}/s/review")
    page.locator("button.primary").click()
    page.wait_for_url("**/s/done")
    yield "thanks"
    page.goto(f"{base}/s/odi/1")
    yield "already sent"
    page.goto(f"{base}/s/consent")
    yield "consent"
    yield from _outside(app, base, page, invited)
    yield from _checked(app, base, page, language)
    yield from tablet_walk(app, base, page, language)


def _checked(app: Flask, base: str, page: Page, language: str) -> Iterator[str]:
    """The year of birth, where the clinic asks for it: blank, wrong five times, closed."""
    invited = invite(app, language=language)
    with seen_by(app, invited.clinic_id) as session:
        session.get_one(Clinic, invited.clinic_id).birth_year_check = True
        session.get_one(Patient, invited.patient_id).birth_year = 1951
        session.commit()
    page.goto(f"{base}/q/{invited.token}")
    page.locator("#respondent-self").check()
    press(page, "button.primary")
    yield "year of birth"
    for tried in range(1, 6):
        page.locator("#year").fill("1960")
        page.locator("#consent").check()
        press(page, "button.primary")
        if tried in (1, 5):
            yield "year of birth refused" if tried == 1 else "link closed"


def _before(base: str, page: Page, invited: Invited) -> Iterator[str]:
    page.goto(f"{base}/q/{invited.token}/stop")
    yield "stop"
    page.goto(f"{base}/q/{invited.token}")
    yield "landing"
    press(page, "button.primary")
    yield "landing with an error"


def _items(base: str, page: Page) -> Iterator[str]:
    page.goto(f"{base}/s/practice")
    yield "practice"
    page.locator("button.primary").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    yield "practice with an error"
    for address in ITEMS:
        page.goto(f"{base}/s/{address}")
        yield address
    page.goto(f"{base}/s/odi/1")
    page.locator("button.primary").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    yield "item with an error"
    _confirm(page, "button.secondary")
    page.goto(f"{base}/s/odi/1")
    yield "item declined"
    page.locator("input[type=radio]").nth(1).check()
    _confirm(page, "button.primary")
    page.goto(f"{base}/s/odi/1")
    yield "item answered"


def _confirm(page: Page, button: str) -> None:
    """Press the button; return when the next screen is there and nothing waits to be saved."""
    before = page.url
    page.locator(button).click()
    page.wait_for_url(lambda address: address != before)
    wait_until(lambda: _nothing_waits(page), "what waits in the tab is saved")


def _nothing_waits(page: Page) -> bool:
    try:
        return not page.evaluate("sessionStorage.length")
    except Error:  # the page is just being replaced
        return False


def _outside(app: Flask, base: str, page: Page, invited: Invited) -> Iterator[str]:
    page.context.clear_cookies()
    page.goto(f"{base}/s/review")
    yield "no session"
    page.goto(f"{base}/q/{'x' * len(invited.token)}")
    yield "unknown link"
    press(page, "button.primary")
    yield "fresh link"
    page.goto(f"{base}/accessibility")
    yield "accessibility"
    page.goto(f"{base}/q/{invite(app, language='fr').token}")
    yield "no questions in the language"
    page.goto(f"{base}/q/nothing/here")
    yield "no such address"
    with seen_by(app, invited.clinic_id) as session:
        episode = session.get_one(Visit, invited.visit_id).episode_id
        change(session, phone="+44 7700 900134")
        index = session.get_one(Patient, invited.patient_id).email_index
        session.commit()
    address = opt_out_url(base, str(app.secret_key), invited.clinic_id, episode, index)
    page.goto(f"{address}/preferences")
    yield "preferences"
    press(page, "button[value=pause]")
    yield "preferences, paused"
    page.goto(address)
    yield "stop reminders"
    press(page, "main button")
    yield "reminders stopped"
