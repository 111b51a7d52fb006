"""Answer rows as they are drawn: their places and sizes on a phone, a tablet and a desk, measured in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.browser.screens import Look, seen_as, show_as, sit_down

pytestmark = pytest.mark.browser
LOOKS = [Look(width=width, height=height) for width, height in ((320, 568), (390, 844), (844, 390), (1280, 800))]
SMALLEST, LARGER, FROM = 44, 48, 740  # CSS pixels
BORDER = 1
BOXES = """selector => [...document.querySelectorAll(selector)].map(e => {
  const b = e.getBoundingClientRect(), style = getComputedStyle(e);
  return [b.left, b.top + scrollY, b.width, b.height, style.position, style.backgroundColor]})"""


class Box(NamedTuple):
    """Where an element stands on the page, in CSS pixels, and how."""

    left: float
    top: float
    width: float
    height: float
    position: str
    colour: str


def boxes(page: Page, selector: str) -> list[Box]:
    return [Box(*each) for each in page.evaluate(BOXES, selector)]


@pytest.fixture(scope="module")
def page(web_server: str, app: Flask, browser: Browser) -> Iterator[Page]:
    """A patient past the first page, without scripts."""
    with seen_as(browser, Look(scripts=False)) as page:
        sit_down(app, web_server, page)
        yield page


def assert_one_block(rows: list[Box]) -> None:
    """Equal rows one under the other, each sharing a border with the next."""
    first = rows[0]
    assert {(row.left, row.width) for row in rows} == {(first.left, first.width)}
    assert max(abs(row.height - first.height) for row in rows) <= BORDER
    steps = [below.top - row.top - row.height for row, below in pairwise(rows)]
    assert all(abs(step) < 0.1 for step in steps), steps


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_n1_eleven_equal_rows_with_0_on_top_on_every_device(web_server: str, page: Page, look: Look) -> None:
    show_as(page, look)
    asked = set()
    for position in (1, 2):  # at rest and when active: a screen each
        page.goto(f"{web_server}/s/nrs11/{position}")
        asked.add(page.locator("h1").inner_text())
        rows = boxes(page, ".rows .row")
        assert_one_block(rows)
        assert rows[0].height >= (LARGER if max(look.width, look.height) >= FROM else SMALLEST)
        assert len({row.colour for row in rows}) == 1, "no verbal or coloured bands"
        assert page.locator("main img, main svg").count() == 0
        radios = page.get_by_role("radio").all()
        assert [radio.get_attribute("value") for radio in radios] == [str(level) for level in range(11)]
        named = [label.inner_text() for label in page.locator(".row").all()]
        assert named[0].startswith("0 ")
        assert named[1:10] == [str(level) for level in range(1, 10)]
        assert named[10].startswith("10 ")
    assert len(asked) == 2


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_p06_rows_are_whole_targets_and_continue_is_as_wide_and_never_sticks(
    web_server: str, page: Page, look: Look
) -> None:
    show_as(page, look)
    for path in ("odi/1", "eq5d3l/1", "functionality/1"):
        page.goto(f"{web_server}/s/{path}")
        rows, (fieldset,), (onwards,) = (boxes(page, each) for each in (".rows .row", "fieldset", "button.primary"))
        assert_one_block(rows)
        assert min(min(row.height, row.width) for row in rows) >= SMALLEST
        assert rows[0].width >= fieldset.width - 2 * BORDER
        assert (onwards.left, onwards.width) == (fieldset.left, fieldset.width)
        assert onwards.position == "static"
        page.locator(".row").nth(1).click(position={"x": rows[1].width - 4, "y": 4})  # its far corner
        assert page.get_by_role("radio").nth(1).is_checked()


def test_p04_choosing_an_answer_sends_nothing_and_leads_nowhere(web_server: str, app: Flask, browser: Browser) -> None:
    with seen_as(browser, Look()) as page:
        sit_down(app, web_server, page)
        page.goto(f"{web_server}/s/odi/1", wait_until="networkidle")
        address, sent = page.url, []
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        for radio in page.get_by_role("radio").all():
            radio.check()
        page.keyboard.press("ArrowUp")
        page.wait_for_load_state("networkidle")
        assert (page.url, sent) == (address, [])
        assert page.get_by_role("radio").nth(4).is_checked()


@pytest.mark.parametrize("language", ["en", "es", "de", "ar"])
def test_n3_a_screen_of_three_answers_fits_the_smallest_phone(
    web_server: str, app: Flask, browser: Browser, language: str
) -> None:
    look = Look(language, 320, 568, scripts=False)
    with seen_as(browser, look) as page:
        sit_down(app, web_server, page, language)
        for position in range(1, 6):
            page.goto(f"{web_server}/s/eq5d3l/{position}")
            (onwards,) = boxes(page, "button.primary")
            assert onwards.top + onwards.height <= look.height, position
