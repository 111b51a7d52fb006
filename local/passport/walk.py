"""From screen to screen, as a patient goes, with a camera."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from flask import Flask

from local.passport.camera import Camera, camera
from local.passport.patient import invite
from local.passport.screens import Asking, Shot, Size
from surveys.answering.battery import Screen
from surveys.answering.screen_use import layout_of
from surveys.wordings import wording_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AROUND = 11  # screens beside the items: those that _before, _after and _outside take
BLANK = """() => {
  const form = document.querySelector("main form"), button = document.createElement("input");
  Object.assign(button, { type: "hidden", name: "action", value: "save" });
  form.append(button);
  HTMLFormElement.prototype.submit.call(form);
}"""
ANSWER = """async level => {
  const form = document.querySelector("main form"), filled = new URLSearchParams(new FormData(form));
  filled.set("answer", level);
  filled.set("action", "save");
  return (await fetch(form.getAttribute("action"), { method: "POST", body: filled })).status;
}"""


def walk(
    app: Flask,
    base: str,
    browser: Browser,
    clinic_id: UUID,
    plan: tuple[Sequence[Asking], Sequence[str], tuple[Size, ...]],
    folder: Path,
    tell: Callable[[str], None],
) -> list[Shot]:
    """Return every screen in every language and size; ``plan``: what is asked, in which languages and sizes."""
    asked, languages, sizes = plan
    taken: list[Shot] = []
    for language in languages:
        with camera(browser, language, sizes, folder, tell) as eye:
            for number, asking in enumerate(asked):
                _visit(base, eye, invite(app, clinic_id, asking, language), asking, whole=number == 0)
            taken += eye.shots
    return taken


def _visit(base: str, eye: Camera, token: str, asking: Asking, *, whole: bool) -> None:
    """Open one visit; ``whole``: with all that lies before and after its items."""
    page = eye.page
    if whole:
        _before(base, eye, token)
    page.goto(f"{base}/q/{token}")
    page.locator("#respondent-self").check()
    if page.locator("#consent").count():
        page.locator("#consent").check()
    page.locator("main button.primary").click()
    page.wait_for_url("**/s/**")
    if whole and page.url.endswith("/s/practice"):
        eye.take("practice")
    for screen in asking.screens:
        _item(base, eye, screen)
    if whole:
        _after(base, eye, asking.screens[0])
    page.context.clear_cookies()
    if whole:
        _outside(base, eye)


def _before(base: str, eye: Camera, token: str) -> None:
    eye.page.goto(f"{base}/q/{token}/stop")
    eye.take("stop")
    eye.page.goto(f"{base}/q/{token}")
    eye.take("landing")
    _send_blank(eye)
    eye.take("landing with an error")


def _send_blank(eye: Camera) -> None:
    """Send the form as a browser without scripts does, so that it is always the server that answers."""
    with eye.page.expect_navigation(wait_until="load"):
        eye.page.evaluate(BLANK)
    eye.page.locator(".errors").wait_for()


def _item(base: str, eye: Camera, screen: Screen) -> None:
    eye.page.goto(_address(base, screen), wait_until="load")
    wording = wording_for(screen.instrument, eye.language)
    eye.take(f"{screen.instrument}.{screen.item.code}", wording=wording, layout=layout_of(screen.item))


def _address(base: str, screen: Screen) -> str:
    return f"{base}/s/{screen.instrument}/{screen.position}"


def _after(base: str, eye: Camera, first: Screen) -> None:
    page = eye.page
    page.goto(_address(base, first))
    _send_blank(eye)
    eye.take("item with an error", wording=wording_for(first.instrument, eye.language), layout=layout_of(first.item))
    page.goto(_address(base, first))
    if page.evaluate(ANSWER, str(first.item.minimum)) >= 400:
        raise RuntimeError(f"{_address(base, first)} took no answer")
    page.goto(f"{base}/s/review")
    eye.take("review")
    page.goto(f"{base}/s/consent")
    eye.take("consent")
    page.goto(f"{base}/s/review")
    page.locator("main button.primary").click()
    page.wait_for_url("**/s/done")
    eye.take("thanks")
    page.goto(_address(base, first))
    eye.take("already sent")


def _outside(base: str, eye: Camera) -> None:
    eye.page.goto(f"{base}/s/review")
    eye.take("no session")
    eye.page.goto(f"{base}/q/{'x' * 43}")
    eye.take("unknown link")
