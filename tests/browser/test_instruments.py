"""P11, P14: each instrument in each language with scripts, without, and without a line in the middle, to the end."""

from __future__ import annotations

import os
import re
from itertools import product

import pytest
from flask import Flask
from playwright.sync_api import Browser

from scoring.instrument import load_instruments
from surveys.answering.battery import Screen, screens_of
from surveys.i18n import LANGUAGES, RIGHT_TO_LEFT
from surveys.models import Visit
from surveys.protocols.loading import bundled_protocols, parse_protocol
from surveys.protocols.model import Protocol
from surveys.wordings import wording_for
from tests.browser.person import Act, Person
from tests.browser.screens import COLLECT
from tests.browser.tab import KEPT, stored, tab_of
from tests.patients import invite, seen_by

pytestmark = pytest.mark.browser
WAYS = ("scripts", "plain", "offline")
WHOLE = list(product(load_instruments(), LANGUAGES, WAYS))
PAIRS = [  # each instrument once, and each language in each way
    (instrument, LANGUAGES[place % len(LANGUAGES)], WAYS[place % len(WAYS)])
    for place, instrument in enumerate(load_instruments())
]
REFUSED = "window.refused ?? []"
FIRST_BATTERY = re.compile(r"instruments = \[.*?\n\]", re.DOTALL)
READ = """() => {
  const html = document.documentElement, item = document.querySelector("main h1");
  const rows = [...document.querySelectorAll("main .rows .row span")].map(each => each.textContent);
  return [html.lang, html.dir, item.lang, item.dir, item.textContent.trim(), rows];
}"""


def asking(instrument: str) -> Protocol:
    """A protocol whose first visit asks the whole of one instrument, and then what its rules need."""
    more = "" if instrument == "nrs11" else ', { instrument = "nrs11", items = ["active"] }'
    battery = f'instruments = [{{ instrument = "{instrument}" }}{more}]'
    source = bundled_protocols()["case_series"].source
    return parse_protocol(FIRST_BATTERY.sub(battery, source, count=1), "walked.toml")


def reading(screens: dict[str, Screen], language: str) -> Act:
    """Hold every item against its wording, and every page against the language."""
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"

    def reads(person: Person, page: str) -> None:
        seen = person.tab.page.evaluate(READ)
        assert seen[:2] == [language, direction], page
        assert person.tab.page.evaluate(REFUSED) == [], page
        if page in screens:
            text = wording_for(screens[page].instrument, language).item(screens[page].item.code)
            assert seen[2:] == [language, direction, text.text, list(text.levels.values())], page

    return reads


def without_a_line(person: Person, page: str) -> None:
    """Confirm this item and two more, and only then have the line again."""
    person.goes_on(page, 2, once=lambda: person.tab.context.set_offline(True))
    assert person.tab.waiting() > 0
    person.tab.context.set_offline(False)


@pytest.mark.parametrize(
    ("instrument", "language", "way"),
    WHOLE if os.environ.get("AXE_FULL") or os.environ.get("FAULTS_FULL") else PAIRS,
)
def test_p11_each_instrument_is_answered_in_each_language_and_way(
    app: Flask, web_server: str, browser: Browser, instrument: str, language: str, way: str
) -> None:
    protocol = asking(instrument)
    screens = {f"/s/{each.instrument}/{each.position}": each for each in screens_of(protocol, "baseline")}
    levels = {path: each.item.levels[each.number % len(each.item.levels)] for path, each in screens.items()}
    middle = list(screens)[(len(screens) - 1) // 2]
    invited = invite(app, language=language, protocol=protocol)
    with tab_of(browser, web_server, scripts=way != "plain") as tab:
        tab.context.add_init_script(COLLECT)
        person = Person(f"{web_server}/q/{invited.token}", levels, tab, reads=reading(screens, language))
        assert person.walks({middle: without_a_line} if way == "offline" else {}) == "thanks"
        assert tab.page.evaluate(KEPT) == 0
    assert stored(app, invited) == [(screens[path].item.code, level) for path, level in levels.items()]
    with seen_by(app, invited.clinic_id) as session:
        assert session.get_one(Visit, invited.visit_id).submitted_at is not None
