"""Changing a known patient: contact details, permissions, consents, a further episode."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import Form

from surveys.db import db
from surveys.enrolment.checks import check_contact, check_episode, language_problem
from surveys.enrolment.clinicians import clinicians, offer_clinicians
from surveys.enrolment.contact_change import REACHES, change_contact
from surveys.enrolment.enrolment import add_episode
from surveys.enrolment.fields import text_field
from surveys.enrolment.form import ContactForm, EpisodeForm, offer_languages, offer_protocols
from surveys.i18n import gettext as _
from surveys.models import Consent, Episode, Patient, ProtocolVersion
from surveys.outbox.suppressing import lift, stopped
from surveys.pathway.endings import end_participation
from surveys.pathway.episodes import EpisodeError
from surveys.pathway.reach import asking_where_lost
from surveys.people.holding import ClosedRecordError
from surveys.people.participation import KIND as PARTICIPATION
from surveys.people.patients import SEALED, DuplicateChartError, contact, current_consents, withdraw
from surveys.protocols import store as protocol_store
from surveys.views import found
from surveys.views.guard import Reply, has_texts, identity, staff_page
from surveys.views.seen import note_view
from surveys.workqueue.mending import note_lifted

bp = Blueprint("details", __name__)


class ChangeForm(ContactForm):
    """The details, and why they are changed where that is worth saying."""

    reason = text_field(500)


SHOWN = (*SEALED, "sex", "birth_year", "language", "time_zone", "channel")


@bp.get("/patients/<uuid:patient_id>/details")
@staff_page
def form(patient_id: UUID) -> Reply:
    """Show what is known, to be changed."""
    patient = found.living(patient_id)
    return _page(patient, _contact_form(_known(patient), patient))


@bp.post("/patients/<uuid:patient_id>/details")
@staff_page
def save(patient_id: UUID) -> Reply:
    """Change details and permissions; a new address ends the links sent to the old one."""
    session, now, patient = db.session(), found.now(), found.living(patient_id)
    clinic, typed = found.clinic(), _contact_form(request.form, patient)
    if not (typed.validate() and check_contact(typed, found.today(now)) and _is_spoken(typed, patient)):
        return _page(patient, typed), 422
    wish, allowed = typed.details(clinic), typed.permissions()
    actor, why = identity().actor, typed.reason.data
    try:
        changed = change_contact(
            session, found.vault(), clinic, patient, wish, allowed, actor=actor, now=now, reason=why
        )
    except ClosedRecordError:
        session.rollback()
        abort(409, found.closed())
    except DuplicateChartError as error:
        session.rollback()
        typed.chart_number.errors = [str(error)]
        return _page(found.own(Patient, patient_id), typed), 422
    session.commit()
    flash(_("The details are saved."), "good")
    if changed & REACHES:
        flash(_("Links sent before no longer work. Send the link of an open visit again."), "good")
    return redirect(url_for("patients.show", patient_id=patient_id), 303)


@bp.post("/patients/<uuid:patient_id>/right-again")
@staff_page
def right_again(patient_id: UUID) -> Reply:
    """Let messages go to the address and number on file again: the patient has said that they are right."""
    session, now, patient = db.session(), found.now(), found.living(patient_id)
    lifted = lift(session, patient, actor=identity().actor, now=now)
    note_lifted(session, patient, actor=identity().actor, now=now)
    session.commit()
    if lifted:
        flash(_("Messages may go there again. Send the link of an open visit once more."), "good")
    else:
        flash(_("Nothing was stopped for this address and number."), "good")
    return redirect(url_for("patients.show", patient_id=patient_id), 303)


@bp.post("/consents/<uuid:consent_id>/withdraw")
@staff_page
def withdraw_consent(consent_id: UUID) -> Reply:
    """End one consent; without participation there is nothing to ask, so that ends follow-up as well."""
    session, now, consent = db.session(), found.now(), found.own(Consent, consent_id)
    if consent.withdrawn_at is None and consent.kind == PARTICIPATION:
        _end_participation(session, consent)
    elif consent.withdrawn_at is None:
        with asking_where_lost(session, found.own(Patient, consent.patient_id), now=now):
            withdraw(session, consent, actor=identity().actor, now=now)
    session.commit()
    flash(_("The consent is withdrawn."), "good")
    return redirect(url_for("patients.show", patient_id=consent.patient_id), 303)


def _end_participation(session: Session, consent: Consent) -> None:
    now, patient = found.now(), found.own(Patient, consent.patient_id)
    end_participation(session, found.clinic(), patient, found.today(now), reason=None, actor=identity().actor, now=now)


def _is_spoken(typed: ContactForm, patient: Patient) -> bool:
    """Whether every episode of the patient can ask in the language chosen."""
    followed = select(ProtocolVersion).join(Episode, Episode.protocol_id == ProtocolVersion.id)
    rows = db.session.scalars(followed.where(Episode.patient_id == patient.id).distinct()).all()
    problems = [language_problem(protocol_store.protocol_of(row), typed.language.data) for row in rows]
    typed.language.errors = [problem for problem in problems if problem]
    return not typed.language.errors


@bp.get("/patients/<uuid:patient_id>/episodes/new")
@staff_page
def episode_form(patient_id: UUID) -> Reply:
    """Ask for a further episode of somebody known."""
    return _episode_page(found.living(patient_id), _offered(None))


@bp.post("/patients/<uuid:patient_id>/episodes/new")
@staff_page
def open_episode(patient_id: UUID) -> Reply:
    """Open a further episode, or show the form with what is wrong."""
    session, now, patient = db.session(), found.now(), found.living(patient_id)
    typed, today = _offered(request.form), found.today(now)
    if not (typed.validate() and check_episode(typed, protocol_store.newest(session), today, patient.language)):
        return _episode_page(patient, typed), 422
    details, treatment = typed.episode(today), typed.treatment()
    row = protocol_store.find(session, typed.protocol.data)
    assert row is not None  # noqa: S101 - the form offers only what is loaded
    wish = (row, details, treatment)
    try:
        actor = identity().actor
        add_episode(session, found.clinic(), patient, *wish, treated=typed.treated.data, actor=actor, now=now)
    except EpisodeError as error:
        session.rollback()
        typed.protocol.errors = [str(error)]
        return _episode_page(found.own(Patient, patient_id), typed), 422
    session.commit()
    flash(_("A further episode is open."), "good")
    return redirect(url_for("patients.show", patient_id=patient_id), 303)


def _known(patient: Patient) -> MultiDict[str, str]:
    details = contact(found.vault(), patient)
    filled = {name: str(value) for name in SHOWN if (value := getattr(details, name)) is not None}
    allowed = {consent.kind: "y" for consent in current_consents(db.session(), patient.id)}
    return MultiDict(filled | allowed)


def _contact_form(typed: MultiDict[str, str], patient: Patient) -> ChangeForm:
    form = ChangeForm(typed)
    form.texts = has_texts() or patient.channel == "sms"
    offer_languages(form, found.clinic())
    return form


def _offered(typed: MultiDict[str, str] | None) -> EpisodeForm:
    form = EpisodeForm(typed)
    offer_protocols(form, protocol_store.newest(db.session()))
    offer_clinicians(form, clinicians(db.session()))
    return form


def _page(patient: Patient, typed: ChangeForm) -> str:
    note_view([patient.id], page="details.form")
    halted = stopped(db.session(), patient)
    return render_template("clinician/details.html", patient=patient, form=typed, wrong=_wrong(typed), halted=halted)


def _episode_page(patient: Patient, typed: EpisodeForm) -> str:
    return render_template("clinician/episode.html", patient=patient, form=typed, wrong=_wrong(typed))


def _wrong(typed: Form) -> dict[str, str]:
    return {field.name: str(field.errors[0]) for field in typed if field.errors}
