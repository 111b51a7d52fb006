"""One item's screen, drawn with its current answer and a form that carries a signed token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import request, url_for

from surveys.answering.answers import Current
from surveys.answering.battery import Screen
from surveys.answering.item_token import ItemToken, new_nonce, sign_item
from surveys.answering.sitting import Browser, Sitting
from surveys.views.sitting.device import PATIENTS_OWN, device
from surveys.views.sitting.patient_page import page, screen_url, secret
from surveys.wordings import Wording, wording_for

TABLETS_FORM = timedelta(minutes=15)
PAGE = "patient/page.html"


@dataclass(frozen=True, slots=True)
class Filler:
    """Who fills the form in. ``author_id``: of staff, who enter for the patient. ``tablet_id``: as in ``ItemToken``."""

    respondent: str
    author_id: UUID | None
    tablet_id: UUID | None


def filler_of(browser: Browser) -> Filler:
    """Return who fills in on this device."""
    return Filler(browser.respondent, browser.staff_id, browser.id if browser.kiosk else None)


def item_page(
    sitting: Sitting,
    filler: Filler,
    screen: Screen,
    *,
    trouble: str | None = None,
    typed: str | None = None,
    layout: str = PAGE,
) -> str:
    """Draw the item; ``trouble`` and ``typed``: what was wrong with what was sent, shown to be put right.

    ``layout``: the template around it, where it is not a page of its own. On a device that is not the patient's own
    each answer is a page: a clinic's tablet forgets by its pages, and staff have to be signed in for each.
    """
    current = sitting.answers.get((screen.instrument, screen.item.code))
    wording = wording_for(screen.instrument, sitting.language)
    chosen = _shown(current) if typed is None else typed[:200]
    return page(
        "patient/item.html",
        sitting,
        layout=layout,
        runs=device() == PATIENTS_OWN,
        ahead=_ahead(sitting, screen) if layout == PAGE else None,
        screen=screen,
        wording=wording,
        text=wording.item(screen.item.code),
        chosen=chosen,
        current=current,
        trouble=trouble,
        action=address(screen),
        back=_back(sitting, screen),
        skip=following(sitting.screens, screen) if filler.author_id else None,
        token=sign_item(_token(sitting, filler, screen, wording, current), secret()),
    )


def _until(sitting: Sitting) -> datetime:
    """Until when the form is good, by the domain clock; one left open on a clinic's tablet not for the next patient."""
    return min(sitting.closes_at, sitting.now + TABLETS_FORM) if device().kiosk else sitting.closes_at


def from_review() -> bool:
    """Whether the patient came to this item from the review screen."""
    return request.args.get("from") == "review"


def following(screens: Sequence[Screen], screen: Screen) -> str:
    """Return where it goes on from a screen."""
    last = from_review() or screen.number == len(screens)
    return url_for("sending.review") if last else screen_url(screens[screen.number])


def address(screen: Screen) -> str:
    """Return the screen's address, keeping where the patient came from."""
    return screen_url(screen) + ("?from=review" if from_review() else "")


def _ahead(sitting: Sitting, screen: Screen) -> str | None:
    """Return where a script finds the items after this one; who came from the review goes back there."""
    last = screen.number >= len(sitting.screens)
    return None if last or from_review() else url_for("ahead.show", after=screen.number)


def _shown(current: Current | None) -> str:
    return "" if current is None or current.level is None else str(current.level)


def _back(sitting: Sitting, screen: Screen) -> str | None:
    if from_review():
        return url_for("sending.review")
    return screen_url(sitting.screens[screen.number - 2]) if screen.number > 1 else None


def _token(sitting: Sitting, filler: Filler, screen: Screen, wording: Wording, current: Current | None) -> ItemToken:
    return ItemToken(
        clinic_id=sitting.clinic_id,
        link_id=sitting.link_id,
        visit_id=sitting.visit_id,
        respondent=filler.respondent,
        instrument=screen.instrument,
        item=screen.item.code,
        position=screen.position,
        wording_hash=wording.hash[:16],
        based_on=current.id if current else None,
        nonce=new_nonce(),
        expires=int(_until(sitting).timestamp()),
        shown=int(sitting.real.timestamp()),
        author_id=filler.author_id,
        tablet_id=filler.tablet_id,
    )
