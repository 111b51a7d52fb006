"""What assistive technology is told of a screen, kept as files: a changed role or name shows as a difference.

``make trees`` writes them anew; what changed is then read in the review.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.browser.screens import Look, seen_as, walk
from tests.browser.test_instruments import asking
from tests.patients import invite

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).with_name("trees")
KEPT = {
    "landing": "landing",
    "landing with an error": "landing_error",
    "odi/1": "rows",
    "nrs11/1": "nrs",
    "eq5d3l/6": "vas",
    "item with an error": "item_error",
    "review": "review",
    "thanks": "thanks",
}
ADDRESS = re.compile(r"^ *- /url: .*\n", re.MULTILINE)  # they carry tokens
DAY = re.compile(r"\b\d{1,2} [A-Z][a-z]{2,8} \d{4}\b")


def tree(page: Page) -> str:
    """The page's accessibility tree without addresses and days."""
    read = page.locator("body").aria_snapshot()
    return DAY.sub("DAY", ADDRESS.sub("", read + "\n"))


def red_flags(app: Flask, base: str, page: Page) -> str:
    """The first of the red flags, whose screens say what to do at once: no walk comes by, for no battery asks them."""
    person = invite(app, protocol=asking("red_flags"))
    page.goto(f"{base}/q/{person.token}")
    page.locator("#respondent-self").check()
    page.locator("#consent").check()
    page.locator("button.primary").click()
    page.goto(f"{base}/s/red_flags/1")
    return tree(page)


@pytest.fixture(scope="module")
def trees(web_server: str, app: Flask, browser: Browser) -> Mapping[str, str]:
    """Each kept screen's tree by the name of its file."""
    found = {}
    with seen_as(browser, Look()) as page:
        for name in walk(app, web_server, page, "en"):
            if name in KEPT:
                found[KEPT[name]] = tree(page)
            if len(found) == len(KEPT):
                break
        found["red_flags"] = red_flags(app, web_server, page)
    return found


@pytest.mark.parametrize("name", [*KEPT.values(), "red_flags"])
def test_p13_a_screens_accessibility_tree_is_the_one_that_was_reviewed(trees: Mapping[str, str], name: str) -> None:
    path = FOLDER / f"{name}.yaml"
    if os.environ.get("TREES") == "write":
        path.write_text(trees[name], encoding="utf-8")
    assert trees[name] == path.read_text(encoding="utf-8"), "`make trees` writes it anew"
