"""Every screen of the patient's side: accessible, at home on any width, and within its targets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.browser.screens import Look, seen_as, show_as, walk
from tests.patients import invite
from tests.servers.axe import violations

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HEIGHTS = {320: 568, 390: 844, 1280: 800}
IN_TURN = ((320, "light"), (390, "dark"), (1280, "light"), (320, "dark"), (390, "light"), (1280, "dark"))
WHOLE = bool(os.environ.get("AXE_FULL"))  # each language, size and colours of each screen
QUICK = ("en", "es")
SHAPES = [Look("en", 320, 568), Look("ar", 390, 844, scripts=False), Look("en", 844, 390, scripts=False)]
SMALLEST_TARGET = 44  # CSS pixels
USUAL = "document.documentElement.style.fontSize = ''; document.adoptedStyleSheets = []"
LARGER = "document.documentElement.style.fontSize = '225%'"  # twice the size we ask for
SPACED = """const sheet = new CSSStyleSheet(); sheet.replaceSync('* { line-height: 1.5 !important;'
 + ' letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }');
 document.adoptedStyleSheets = [sheet]"""
TARGETS = """() => [...document.querySelectorAll('a, button, .row, input:not([type=hidden])')]
  .filter(e => !e.closest('.row') || e.matches('.row'))
  .filter(e => e.checkVisibility() && !e.matches('.skip') && !e.matches('.errors a'))
  .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
  .filter(([, box]) => box.height < %d || box.width < %d).map(([html, b]) => `${html} ${b.width}x${b.height}`)"""
SMALL_TEXT = """() => [...document.querySelectorAll('main *')].filter(e => e.checkVisibility()
  && !e.closest('.spoken, [aria-hidden]') && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
  && parseFloat(getComputedStyle(e).fontSize) < 18).map(e => e.outerHTML.slice(0, 90))"""
WIDEST = """() => [...document.querySelectorAll('body *')].map(e => [e.getBoundingClientRect(), e.outerHTML])
  .filter(([b]) => b.right > innerWidth + 1 || b.left < -1).map(([b, html]) => html.slice(0, 70)).slice(-3)"""
REFUSED = "window.refused ?? []"


def looks_at(language: str, number: int) -> list[Look]:
    """In how many ways the walk's screen of that number is looked at, while it is shown.

    The quick version looks once, and the other language looks at the same screen in another size and in other colours;
    so each screen is met in two sizes, both colours and both languages, and their pairs all come in turn.
    """
    if WHOLE:
        return [
            Look(language, width, height, colours)
            for (width, height), colours in product(HEIGHTS.items(), ("light", "dark", "forced"))
        ]
    width, colours = IN_TURN[(number + QUICK.index(language)) % len(IN_TURN)]
    return [Look(language, width, HEIGHTS[width], colours)]


@pytest.mark.parametrize("language", ("en", "es", "de", "ar") if WHOLE else QUICK)
def test_p13_every_screen_is_accessible(web_server: str, app: Flask, browser: Browser, language: str) -> None:
    wrong: dict[str, list[str]] = {}
    with seen_as(browser, Look(language)) as page:
        for number, name in enumerate(walk(app, web_server, page, language)):
            for look in looks_at(language, number):
                show_as(page, look)
                found = violations(page, runOnly={"type": "tag", "values": RULES}) + page.evaluate(REFUSED)
                wrong |= {f"{name}, {look}": found} if found else {}
    assert wrong == {}


@pytest.mark.parametrize("look", SHAPES, ids=str)
def test_p13_no_screen_scrolls_sideways_and_every_target_is_large(
    web_server: str, app: Flask, browser: Browser, look: Look
) -> None:
    wrong: dict[str, list[str]] = {}
    with seen_as(browser, look) as page:
        for name in walk(app, web_server, page, look.language):
            found = list(_troubles(page, look.width))
            wrong |= {name: found} if found else {}
    assert wrong == {}


def _troubles(page: Page, width: int) -> Iterator[str]:
    """``width`` is the one asked for: an overflow widens the window that the page itself knows."""
    yield from page.evaluate(TARGETS % (SMALLEST_TARGET, SMALLEST_TARGET))
    yield from page.evaluate(SMALL_TEXT)
    for change in (USUAL, LARGER, SPACED):
        page.evaluate(USUAL)
        page.evaluate(change)
        reached = page.evaluate("document.documentElement.scrollWidth")
        if reached > width:
            yield f"{reached} px wide after {change[:40]}: {page.evaluate(WIDEST)}"


def test_p09_back_after_sending_says_so(web_server: str, app: Flask, browser: Browser) -> None:
    with seen_as(browser, Look(scripts=False)) as page:
        for name in walk(app, web_server, page, "en"):
            if name == "thanks":
                page.go_back()
                assert page.locator("h1").inner_text() == "Your answers are already sent"
                break


def test_p14_pages_run_as_their_language_and_questions_as_their_wording(
    web_server: str, app: Flask, browser: Browser
) -> None:
    with seen_as(browser, Look("ar")) as page:
        for name in walk(app, web_server, page, "ar"):
            html = page.locator("html")
            assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("ar", "rtl"), name
            if name == "odi/1":
                question = page.locator("h1")
                assert (question.get_attribute("lang"), question.get_attribute("dir")) == ("ar", "rtl")
                assert question.get_attribute("translate") == "no"
                break
        page.goto(f"{web_server}/q/{invite(app, language='fr').token}")
        assert page.locator("html").get_attribute("lang") != "fr"
        assert page.locator("h1").get_attribute("lang") == "fr"
