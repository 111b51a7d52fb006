"""What every patient page shares: the cookie, the patient's language, the neutral page for a dead link."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveys.access.opt_out import opt_out_token
from surveys.access.tokens import read_cookie
from surveys.answering.answers import current_answers
from surveys.answering.battery import Screen
from surveys.answering.languages import asked_in, offered
from surveys.answering.sitting import Browser, Sitting, by_session
from surveys.csrf import csrf
from surveys.db import autocommit, db, enter_clinic
from surveys.i18n import LANGUAGES, force_language, main_language, speak, speak_as_asked
from surveys.i18n import language as spoken
from surveys.models import Patient
from surveys.outbox.staff_tasks import open_once
from surveys.people.patients import contact
from surveys.protocols.model import minutes_for
from surveys.safety import NOT_WATCHED, SAFETY
from surveys.views import found
from surveys.views.guard import Reply, config
from surveys.views.sitting.device import (
    count_down,
    device,
    patient_cookie,
    patient_number,
    remember,
    require_author,
)
from surveys.views.sitting.unspoken import SENTENCES
from surveys.wordings.reading import RIGHT_TO_LEFT

LARGEST_FORM = 16 * 1024  # bytes; an item's form has about 600


def patient_blueprint(name: str) -> Blueprint:
    """Return a blueprint whose forms carry signed tokens of their own instead of the staff forms' token."""
    bp = Blueprint(name, __name__)
    csrf.exempt(bp)
    bp.before_request(refuse_foreign)
    bp.after_request(count_down)
    return bp


def refuse_foreign() -> None:
    """Refuse a post that another site caused, and bodies larger than any of these forms."""
    request.max_content_length = LARGEST_FORM
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(400)


def secret() -> str:
    """Return the key that signs item tokens."""
    return config().secret_key


def browser_token() -> str:
    """Return the token in the patient's cookie, or empty."""
    named = read_cookie(request.cookies.get(patient_cookie()))
    return named[1] if named else ""


def load_sitting(instrument: str = "", *, touch: bool = True) -> tuple[Sitting, Browser] | None:
    """Bind the request to the clinic of its patient cookie; return its sitting, with one instrument's answers.

    What staff enter goes on only while they are signed in, and in their language. ``touch``: see ``by_session``.
    """
    named = read_cookie(request.cookies.get(patient_cookie()))
    if named is None:
        return None
    enter_clinic(named[0])
    with autocommit() as connection:
        found = by_session(connection, named[1], instrument, touch=touch)
    if found is None:
        return None
    sitting, browser = found
    remember(browser)
    if browser.staff_id:
        require_author(browser.staff_id, request.full_path)
    else:
        speak(sitting.language)
    return found


def known_sitting(instrument: str = "") -> tuple[Sitting, Browser]:
    """Return the browser's sitting; without one the request ends with the page that says how to get one.

    Where the year of birth is still to be given, it ends with the way to that page, and once nothing can be asked any
    more, with the page of a dead link: who sent the answers was somebody else, perhaps.
    """
    found = load_sitting(instrument) or abort(make_response(no_session()))
    if found[1].year_pending:
        asked = "kiosk.first" if found[1].kiosk else "birth_year.form"
        abort(see(url_for(asked)) if found[0].state == "open" else make_response(dead_link()))
    return found


def open_sitting(instrument: str = "") -> tuple[Sitting, Browser]:
    """Return the browser's sitting where it takes answers; elsewhere the request ends with the page that says why."""
    sitting, browser = known_sitting(instrument)
    if sitting.state != "open":
        abort(make_response(closed_page(sitting)))
    require_words(sitting, browser.staff_id)
    return sitting, browser


def require_words(sitting: Sitting, staff_id: UUID | None) -> None:
    """Go on only where the visit is asked in the sitting's language; staff read out and may translate what there is."""
    if staff_id is None and not asked_in(sitting.protocol, sitting.timepoint, sitting.language):
        open_once(db.session(), sitting.clinic_id, sitting.visit_id, "language", now=sitting.now)
        db.session.commit()
        abort(make_response(unspoken_page(sitting, told=True)))


def unspoken_page(sitting: Sitting, *, told: bool) -> str:
    """Say, in English and in the patient's language, that there are no questions in it; never ask in another.

    ``told``: staff know already, so that somebody will phone.
    """
    own = main_language(sitting.language)
    return page("patient/unspoken.html", sitting, told=told, own=own, sentence=SENTENCES.get(own), right=RIGHT_TO_LEFT)


def page(template: str, sitting: Sitting, **values: object) -> str:
    """Draw a patient page in the patient's language; where staff enter answers, in theirs around the questions."""
    here = device()
    own = main_language(sitting.language)
    language = spoken() if here.staff_id else own if own in LANGUAGES else "en"
    with force_language(language):
        return render_template(
            template,
            sitting=sitting,
            clinic=sitting.clinic,
            page_lang=language,
            safety=SAFETY,
            not_watched=NOT_WATCHED,
            device=here,
            languages=() if here.staff_id else offered(sitting.protocol, sitting.timepoint),
            switch="form" if request.path.startswith("/s/") else "links",
            patient_number=patient_number(sitting) if here.staff_id else None,
            **values,
        )


def first_name(sitting: Sitting) -> str:
    """Return the name that tells two patients of one household apart; empty once erased."""
    patient = db.session.get_one(Patient, sitting.patient_id)
    return contact(found.vault(), patient).first_name


def choices_url(sitting: Sitting) -> str:
    """Return the address of the patient's own choices about messages."""
    patient = db.session.get_one(Patient, sitting.patient_id)
    sent_to = patient.phone_index if patient.channel == "sms" else patient.email_index or patient.phone_index
    token = opt_out_token(secret(), sitting.clinic_id, sitting.episode_id, sent_to)
    return url_for("preferences.show", token=token)


def minutes(sitting: Sitting) -> int:
    """Return about how long the visit takes."""
    return minutes_for(len(sitting.screens))


def dead_link(token: str | None = None) -> Reply:
    """The one page for a link that is unknown, over or revoked: it tells nobody which, in the browser's language.

    Without a token it is the browser's session that asks for a fresh link. A clinic's tablet shows its blank page.
    """
    if device().kiosk:
        return see(url_for("kiosk.enter"))
    enter_clinic(None)
    speak_as_asked()
    fresh = url_for("landing.fresh", token=token) if token else url_for("landing.fresh_again")
    return render_template("patient/dead_link.html", fresh=fresh, safety=SAFETY, **any_language()), 404


def no_session() -> Reply:
    """Tell a browser without a session how to get one; a clinic's tablet goes back to its blank page."""
    if device().kiosk:
        return see(url_for("kiosk.enter"))
    return render_template("patient/no_session.html", safety=SAFETY, **any_language()), 403


def any_language() -> dict[str, object]:
    """Return what lets a page that knows no patient be read in each language, where it can be opened once more."""
    return {"languages": LANGUAGES if request.method in ("GET", "HEAD") else (), "switch": "links"}


def screen_url(screen: Screen) -> str:
    """Return the address of a screen."""
    return url_for("patient.item", instrument=screen.instrument, position=screen.position)


def resume_url(sitting: Sitting) -> str:
    """Return the address of the first item without an answer, else of the review."""
    screen = sitting.first_unanswered(current_answers(db.session(), sitting.visit_id))
    return screen_url(screen) if screen else url_for("sending.review")


def closed_page(sitting: Sitting) -> Reply:
    """Answer for a visit that takes no answers."""
    if device().staff_id:
        return see(url_for("patients.show", patient_id=sitting.patient_id))
    if sitting.state == "sent":
        return page("patient/already_sent.html", sitting)
    return dead_link()


def see(address: str) -> Response:
    """Redirect after a post."""
    return redirect(address, 303)
