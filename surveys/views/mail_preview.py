"""What patients are sent, shown to those who answer for it: every message, with made-up patients."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template, request
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, SelectField

from surveys.db import db
from surveys.headers import CSP
from surveys.i18n import LANGUAGE_NAMES, LANGUAGES, direction
from surveys.i18n import gettext as _
from surveys.letters import SUBJECT_LENGTH, Letter, compose, compose_text
from surveys.letters.gsm import size
from surveys.letters.samples import MOST, known_timepoints, sample_letter
from surveys.outcomes.words import timepoint_words
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from surveys.protocols.model import Timepoint
from surveys.views import found
from surveys.views.guard import Reply, config, staff_page

bp = Blueprint("mail_preview", __name__)
STEPS = ("invitation", "reminder_1", "reminder_2", "reminder_3")
UNSCHEDULED = "other"
COLOURS = {"light": "not all", "dark": "all"}  # what stands in place of the reader's own preference
ASKED = "(prefers-color-scheme: dark)"
FRAMED = CSP + "; frame-src 'self'"
DRAWN = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


class WhichForm(Form):
    """Which message is looked at."""

    language = SelectField()
    timepoint = SelectField()
    step = SelectField()
    parts = SelectField()
    started = BooleanField()


@bp.get("/settings/mail")
@staff_page
def show() -> Reply:
    """Show one message as mail and as text, in the light and in the dark."""
    known = _timepoints()
    form = _form(known)
    wrong = None if form.validate() else _("There is no such message. The first one is shown.")
    if wrong:
        form = _form(known, asked=False)
    letter = _letter(form, known)
    mail, text = compose(letter), compose_text(letter)
    shown = {"mail": mail, "text": text, "size": size(text), "letter": letter, "longest": SUBJECT_LENGTH}
    way = {"direction": direction(letter.language), "clinic": found.clinic(), "wrong": wrong}
    reply = make_response(render_template("admin/mail_preview.html", form=form, colours=COLOURS, **shown, **way))
    reply.status_code = 422 if wrong else 200
    reply.headers["Content-Security-Policy"] = FRAMED
    return reply


@bp.get("/settings/mail/<colours>")
@staff_page
def drawn(colours: str) -> Reply:
    """Draw the HTML part alone, for a frame that may run and load nothing."""
    known = _timepoints()
    form = _form(known)
    if colours not in COLOURS or not form.validate():
        abort(404)
    html = compose(_letter(form, known)).html
    html = html.replace(ASKED, COLOURS[colours]).replace("light dark", colours)
    return Response(html, headers={"Content-Security-Policy": DRAWN})


def _timepoints() -> dict[str, Timepoint]:
    """Those of the clinic's protocols, or of the registry's where it has none yet."""
    own = [protocol_store.protocol_of(version) for version in protocol_store.newest(db.session())]
    return known_timepoints(own or [bundled_protocols()["spine"]])


def _form(known: dict[str, Timepoint], *, asked: bool = True) -> WhichForm:
    """What the address leaves out is what stands first."""
    named = [(code, timepoint_words(each)) for code, each in known.items()]
    usual = {"language": LANGUAGES[0], "timepoint": named[0][0], "step": STEPS[0], "parts": "1"}
    form = WhichForm(MultiDict(usual | (request.args.to_dict() if asked else {})))
    form.language.choices = [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES]
    form.timepoint.choices = [*named, (UNSCHEDULED, _("Unscheduled"))]
    form.step.choices = [(code, code) for code in STEPS]
    form.parts.choices = [(str(number), str(number)) for number in range(1, MOST + 1)]
    return form


def _letter(form: WhichForm, known: dict[str, Timepoint]) -> Letter:
    chosen, unscheduled = known.get(form.timepoint.data), next(iter(known.values()))  # which asks what the first asks
    return sample_letter(
        found.clinic(),
        config().public_base_url,
        form.language.data,
        form.step.data,
        chosen,
        screens=(chosen or unscheduled).screens,
        started=form.started.data,
        parts=int(form.parts.data),
        today=found.today(found.now()),
    )
