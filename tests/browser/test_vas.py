"""The EQ VAS: a box that is read aloud, and a drawn scale beside it that is placed by a tap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from surveys.models import Answer
from tests.browser.screens import Look, seen_as, show_as, sit_down
from tests.patients import Invited, seen_by

pytestmark = pytest.mark.browser
VAS = "/s/eq5d3l/6"
STEPPER, LOWEST, HIGHEST, SHARE = 48, 280, 480, 0.58  # CSS pixels; the track's share of the window's height


@pytest.fixture(scope="module")
def opened(web_server: str, app: Flask, browser: Browser) -> Iterator[tuple[Page, Invited]]:
    with seen_as(browser, Look()) as page:
        yield page, sit_down(app, web_server, page)


@pytest.fixture
def page(opened: tuple[Page, Invited], web_server: str) -> Page:
    """The screen, untouched."""
    opened[0].goto(web_server + VAS)
    return opened[0]


def value(page: Page) -> str:
    return page.get_by_role("textbox").input_value()


def tap(page: Page, level: int) -> None:
    track = page.locator(".track")
    box = track.bounding_box()
    assert box
    track.click(position={"x": box["width"] / 3, "y": box["height"] * (100 - level) / 100})


def test_n2_one_box_is_read_aloud_and_the_drawing_is_not(page: Page) -> None:
    read = page.locator("main").aria_snapshot()
    assert page.get_by_role("textbox").count() == 1
    assert page.get_by_role("slider").count() == page.get_by_role("spinbutton").count() == 0
    assert page.locator(".track").get_attribute("aria-hidden") == "true"
    assert page.get_by_role("textbox").get_attribute("inputmode") == "numeric"
    named = page.get_by_role("textbox", name=page.locator("h1").inner_text())
    assert named.count() == 1, read


def test_n2_without_scripts_the_box_stands_alone(web_server: str, app: Flask, browser: Browser) -> None:
    with seen_as(browser, Look(scripts=False)) as page:
        sit_down(app, web_server, page)
        page.goto(web_server + VAS)
        assert page.locator(".track").count() == 0
        assert page.get_by_role("textbox").count() == 1


def test_n2_nothing_is_marked_before_the_first_touch_and_a_tap_places(page: Page) -> None:
    marker = page.locator(".track .marker")
    assert (value(page), marker.get_attribute("visibility")) == ("", "hidden")
    labels = page.locator(".track .tick").all_inner_texts()
    assert (labels[0], labels[-1]) == ("100", "0")
    for level in (70, 0, 100, 35):
        tap(page, min(level, 99))
        assert abs(int(value(page)) - level) <= 1
        assert (marker.get_attribute("visibility"), marker.get_attribute("y1")) == (
            "visible",
            str(100 - int(value(page))),
        )


def test_n2_an_untouched_scale_sends_nothing(page: Page) -> None:
    page.locator("button.primary").click()
    expect(page).to_have_title("Error: Question 18 of 28 – Riverside Clinic")
    assert value(page) == ""


def test_n2_a_step_invents_no_level_where_none_is_chosen(page: Page) -> None:
    steps, box = page.locator(".steps button"), page.get_by_role("textbox")
    for typed, there in (("", 0), ("7", 2), ("", 0), ("7x", 0)):
        box.fill(typed)
        assert page.get_by_role("button").and_(steps).count() == there
    box.fill("")
    box.press("Tab")
    assert page.evaluate("document.activeElement.className") != "secondary", "the steps take no focus"
    tap(page, 40)
    assert page.get_by_role("button").and_(steps).count() == 2


def test_n2_steppers_are_large_and_stop_at_the_ends(page: Page) -> None:
    more, less = page.locator(".steps button").all()
    page.get_by_role("textbox").fill("70")
    for button in (more, less):
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= STEPPER
    for start, button, reached in (("70", more, "71"), ("70", less, "69"), ("100", more, "100"), ("0", less, "0")):
        page.get_by_role("textbox").fill(start)
        button.click()
        assert value(page) == reached


@pytest.mark.parametrize("height", [400, 568, 720, 1000])
def test_n2_the_track_grows_with_the_window_within_its_bounds(page: Page, height: int) -> None:
    show_as(page, Look(width=320, height=height))
    box = page.locator(".track").bounding_box()
    assert box
    assert box["height"] == pytest.approx(min(max(LOWEST, SHARE * height), HIGHEST), abs=1)
    show_as(page, Look())


@pytest.mark.parametrize(("typed", "level"), [("٧٠", 70), ("۷۰", 70), ("７０", 70), (" 70 ", 70)])
def test_n2_digits_of_another_script_are_drawn_stepped_and_stored(
    app: Flask, opened: tuple[Page, Invited], page: Page, typed: str, level: int
) -> None:
    box = page.get_by_role("textbox")
    box.fill(typed)
    assert page.locator(".track .marker").get_attribute("y1") == str(100 - level)
    page.locator(".steps button").first.click()
    assert value(page) == str(level + 1), "a step starts from what was typed"
    box.fill(typed)
    page.locator("button.primary").click()
    expect(page).to_have_title("Question 19 of 28 – Riverside Clinic")
    with seen_by(app, opened[1].clinic_id) as session:
        newest = select(Answer.level).where(Answer.item == "vas").order_by(Answer.id.desc()).limit(1)
        assert session.scalar(newest) == level
