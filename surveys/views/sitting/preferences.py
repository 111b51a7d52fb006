"""The patient's own choices about messages, behind the signed address that each message carries.

The page tells nothing about health. Language and way of writing are shown to who can be told from a stranger only: the
address is one that went where messages go today, and where the clinic asks for the year of birth, this browser has
given it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import abort, render_template, request, url_for

from surveys.access.birth_year import asks_year
from surveys.access.chain.audit import Actor
from surveys.access.opt_out import read_opt_out, sent_to_one_of
from surveys.access.tokens import read_cookie
from surveys.channels import addresses, telephone
from surveys.db import app_now, db, enter_clinic
from surveys.enrolment import preferences
from surveys.i18n import LANGUAGE_NAMES, LazyText, speak
from surveys.i18n import gettext as _
from surveys.models import Clinic, Episode, Patient
from surveys.pathway.reach import is_reachable
from surveys.people.holding import ClosedRecordError
from surveys.views import found
from surveys.views.guard import Reply, config, has_texts
from surveys.views.sitting.device import patient_cookie
from surveys.views.sitting.patient_page import load_sitting, patient_blueprint, see

bp = patient_blueprint("preferences")
MASKS: dict[str, Callable[[str], str]] = {"email": addresses.masked, "sms": telephone.masked}
QUIETER = {"stop": preferences.stop_reminders, "pause": preferences.pause}  # anybody whom a message ever reached
AGAIN = {"resume": preferences.resume_reminders, "unpause": preferences.end_pause}
DONE = {
    "stop": LazyText("Reminders are stopped. Answers you have given are kept."),
    "resume": LazyText("Reminders come again."),
    "pause": LazyText("Messages are paused."),
    "unpause": LazyText("The pause is over."),
    "language": LazyText("Your language is saved."),
    "channel": LazyText("Your choice is saved."),
}


@dataclass(frozen=True)
class Chooser:
    """Who chooses. ``at_hand``: the token went where messages go today, so messages may come again by it.

    ``whole``: it tells enough to show and change language and way of writing, too.
    """

    clinic: Clinic
    patient: Patient
    token: str
    at_hand: bool
    whole: bool

    @property
    def actor(self) -> Actor:
        """For the audit."""
        return Actor("patient", self.patient.id)


def known(token: str) -> Chooser:
    """Bind the request to the clinic of a token and return whose it is; 404 for anything that we did not sign."""
    named = read_opt_out(config().secret_key, token) or abort(404)
    visitor = _visitor(named[0])
    enter_clinic(named[0])
    session = db.session()
    episode, clinic = session.get(Episode, named[1]), session.get(Clinic, named[0])
    patient = session.get(Patient, episode.patient_id) if episode else None
    if patient is None or clinic is None or patient.erased_at:
        abort(404)
    speak(patient.language)
    at_hand = sent_to_one_of(config().secret_key, token, patient.email_index, patient.phone_index)
    return Chooser(
        clinic, patient, token, at_hand, at_hand and (visitor == patient.id or not asks_year(session, patient))
    )


def _visitor(clinic_id: UUID) -> UUID | None:
    """The patient whose questionnaire is open in this browser, past the question for the year of birth."""
    named = read_cookie(request.cookies.get(patient_cookie()))
    there = load_sitting() if named and named[0] == clinic_id else None
    return there[0].patient_id if there and there[0].state != "over" and not there[1].year_pending else None


@bp.get("/u/<token>/preferences")
def show(token: str) -> Reply:
    """Show the choices as they stand; opening them changes nothing."""
    return _page(known(token))


@bp.post("/u/<token>/preferences")
def change(token: str) -> Reply:
    """Do one thing, which the button names; a blind post names none."""
    chooser, act = known(token), request.form.get("act", "")
    try:
        problem = _do(chooser, act, app_now(db.session()))
    except ClosedRecordError:  # the page itself knows what to say to nobody
        db.session.rollback()
        return see(url_for("preferences.show", token=token))
    if problem:
        db.session.rollback()
        return _page(chooser, problem), 422
    db.session.commit()
    return see(url_for("preferences.show", token=token, done=act))


def _do(chooser: Chooser, act: str, now: datetime) -> str | None:
    """Return what is wrong, or None."""
    simple = QUIETER | (AGAIN if chooser.at_hand else {})
    if act in simple:
        simple[act](db.session(), chooser.clinic, chooser.patient, actor=chooser.actor, now=now)
        return None
    choosing = {"language": _language, "channel": _channel}.get(act) if chooser.whole else None
    return choosing(chooser, now) if choosing else _("Choose one of the buttons.")


def _language(chooser: Chooser, now: datetime) -> str | None:
    chosen, (clinic, patient) = request.form.get("language", ""), (chooser.clinic, chooser.patient)
    done = preferences.choose_language(
        db.session(), found.vault(), clinic, patient, chosen, actor=chooser.actor, now=now
    )
    return None if done else _("Choose one of the languages.")


def _channel(chooser: Chooser, now: datetime) -> str | None:
    chosen, (clinic, patient) = request.form.get("channel", ""), (chooser.clinic, chooser.patient)
    if chosen not in preferences.ways(db.session(), found.vault(), patient, texts=has_texts()):
        return _("Choose one of the ways to write to you.")
    preferences.choose_channel(db.session(), found.vault(), clinic, patient, chosen, actor=chooser.actor, now=now)
    return None


def _page(chooser: Chooser, problem: str | None = None) -> str:
    session, patient, now = db.session(), chooser.patient, app_now(db.session())
    speak(patient.language)
    running = preferences.running_episodes(session, patient)
    until = patient.paused_until if patient.paused_until and patient.paused_until > now else None
    stopped, reached = preferences.reminders_stopped(session, running), is_reachable(session, patient, patient.channel)
    true = {"stop": stopped, "resume": not stopped and reached, "pause": bool(until), "unpause": not until}
    asked = request.args.get("done", "") if request.method in ("GET", "HEAD") else ""
    return render_template(
        "patient/preferences.html",
        chooser=chooser,
        clinic=chooser.clinic,
        running=bool(running),
        stopped=stopped,
        reached=reached,
        paused_until=until,
        zone=patient.time_zone,
        languages={code: LANGUAGE_NAMES.get(code, code) for code in _languages(chooser)},
        ways=_ways(chooser),
        done=DONE.get(asked) if true.get(asked, True) else None,  # an old address claims nothing
        problem=problem,
    )


def _languages(chooser: Chooser) -> list[str]:
    if not chooser.whole:
        return []
    return [
        code for code in preferences.languages(db.session(), chooser.clinic, chooser.patient) if code in LANGUAGE_NAMES
    ]


def _ways(chooser: Chooser) -> dict[str, str]:
    """The masked address by channel."""
    if not chooser.whole:
        return {}
    open_ways = preferences.ways(db.session(), found.vault(), chooser.patient, texts=has_texts())
    return {channel: MASKS[channel](address) for channel, address in open_ways.items()}
