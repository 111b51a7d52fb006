"""What holds on every page of the questionnaire, read from the pages of the longest visit."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from surveys.protocols.loading import bundled_protocols
from tests.patients import invite
from tests.views.test_patient import begin, save, shown

MOST_SCREENS = 34
FIELD = re.compile(r"<(?:input|select|textarea)\b[^>]*>")
KINDS = {"hidden", "radio", "checkbox", "text"}
SECRETS = ("password", "one-time-code", "captcha", "current-password")
PLACES = ("/s/practice", "/s/review", "/s/permissions", "/s/leave", "/s/consent")


@pytest.fixture(scope="module")
def items(app: Flask) -> Mapping[str, TestResponse]:
    """Each item's page by its path, in order, before it was answered; every one is declined on the way."""
    client, found = app.test_client(), {}
    begin(client, invite(app, timepoint="m1"))
    path = "/s/odi/1"
    while path != "/s/review":
        found[path] = shown(client, path)
        path = save(client, path, "", "decline").location
    return found


@pytest.fixture(scope="module")
def pages(app: Flask, items: Mapping[str, TestResponse]) -> Mapping[str, TestResponse]:
    """Those, and the pages around them."""
    client, invited = app.test_client(), invite(app)
    landing = {"landing": shown(client, f"/q/{invited.token}")}
    begin(client, invited)
    return landing | dict(items) | {path: shown(client, path) for path in PLACES}


def fields(page: TestResponse) -> list[str]:
    return FIELD.findall(page.text)


def kind(field: str) -> str:
    found = re.search(r'type="([^"]+)"', field)
    return found[1] if found else "text"


def test_p02_nothing_is_to_be_remembered_copied_or_solved(pages: Mapping[str, TestResponse]) -> None:
    for name, page in pages.items():
        assert page.status_code == 200, name
        assert not [word for word in SECRETS if word in page.text], name
        assert {kind(field) for field in fields(page)} <= KINDS, name


def test_p04_one_item_to_a_screen_in_its_legend_under_a_title_of_its_own(items: Mapping[str, TestResponse]) -> None:
    titles = []
    for number, (path, page) in enumerate(items.items(), 1):
        told = f"Question {number} of {len(items)}"
        assert len(re.findall("<fieldset", page.text)) == len(re.findall("<h1", page.text)) == 1, path
        assert re.search(r"<fieldset[^>]*>\s*<legend><h1[^>]*>.+?</h1></legend>", page.text, re.DOTALL), path
        assert re.search(rf'<p class="progress"[^>]*>{told}</p>', page.text), path
        titles += re.findall(r"<title>(.+)</title>", page.text)
    assert len(set(titles)) == len(items) > 30


def test_p05_nothing_is_chosen_beforehand_and_empty_boxes_are_empty(pages: Mapping[str, TestResponse]) -> None:
    found = [field for page in pages.values() for field in fields(page)]
    assert {kind(field) for field in found} >= {"radio", "checkbox", "text"}
    assert not [field for field in found if re.search(r"\bchecked\b", field) or kind(field) == "range"]
    assert all('value=""' in field for field in found if kind(field) == "text")


def test_p08_nothing_is_required_by_the_browser(pages: Mapping[str, TestResponse]) -> None:
    assert not [name for name, page in pages.items() if re.search(r"\brequired\b", "".join(fields(page)))]


def test_p14_questions_are_kept_from_the_browsers_translator(items: Mapping[str, TestResponse]) -> None:
    for path, page in items.items():
        (heading,) = re.findall(r"<h1[^>]*>", page.text)
        assert re.search(r'lang="\w+" dir="\w+" translate="no"', heading), path
        assert "rows" not in page.text or re.search(r'class="rows[^"]*"[^>]* translate="no"', page.text), path


def test_p17_no_page_is_kept_indexed_or_told_to_another_site(pages: Mapping[str, TestResponse]) -> None:
    for name, page in pages.items():
        told = tuple(page.headers[each] for each in ("Cache-Control", "X-Robots-Tag", "Referrer-Policy"))
        assert told == ("no-store", "noindex", "same-origin"), name
        assert '<meta name="robots" content="noindex">' in page.text, name


def test_p18_no_question_takes_free_text(items: Mapping[str, TestResponse]) -> None:
    typed = [field for page in items.values() for field in fields(page) if kind(field) == "text"]
    assert 0 < len(typed) < len(items)
    assert all('inputmode="numeric"' in field or 'inputmode="text"' in field for field in typed)
    assert not [path for path, page in items.items() if "<textarea" in page.text]
    assert all('maxlength="24"' in field for field in typed)


BATTERIES = {point.code: point.battery for point in bundled_protocols()["spine"].timepoints}


def test_p18_the_default_battery_stays_within_its_screens() -> None:
    sizes = {code: sum(len(entry.items) for entry in battery) for code, battery in BATTERIES.items()}
    assert 0 < max(sizes.values()) <= MOST_SCREENS, sizes


def test_p09_the_order_puts_odi_and_pain_first() -> None:
    """A visit of its own between those that count for the result asks pain alone."""
    for code, battery in BATTERIES.items():
        asked = [entry.instrument for entry in battery]
        assert asked[:2] == ["odi", "nrs11"] or (asked[0] == "nrs11" and "odi" not in asked), code
