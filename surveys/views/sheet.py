"""A patient on one page: screen and paper, the same as plain text, and as a case report."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveys.db import db
from surveys.i18n import gettext as _
from surveys.models import Patient
from surveys.outcomes.sheet.case_report import case_report
from surveys.outcomes.sheet.drawn import better_words, change_words, number_words, numbers_of, value_words
from surveys.outcomes.sheet.plain import plain_text
from surveys.outcomes.sheet.sheet import Sheet, build
from surveys.outcomes.sheet.signal import SIGNALS
from surveys.patient_page import EpisodeView, episodes_of
from surveys.people.goals import HIGHEST, LONGEST
from surveys.people.patients import contact
from surveys.views import found
from surveys.views.guard import Reply, staff_page
from surveys.views.seen import note_view
from surveys.views.words import WORDS

bp = Blueprint("sheet", __name__)
bp.add_app_template_filter(number_words, "score")
bp.add_app_template_filter(lambda value, scale: value_words(scale, value), "value")
bp.add_app_template_filter(change_words, "change")
bp.add_app_template_filter(better_words, "better")


@bp.get("/patients/<uuid:patient_id>/sheet")
@staff_page
def show(patient_id: UUID) -> Reply:
    """Show one episode, the newest unless another is asked for."""
    patient = found.own(Patient, patient_id)
    if patient.merged_into:
        return redirect(url_for("sheet.show", patient_id=patient.merged_into), 303)
    return sheet_page(patient, request.args.get("episode", ""))


def sheet_page(patient: Patient, episode: str, *, wrong: str | None = None) -> str:
    """Draw the page; ``wrong``: what stopped the act just tried, above what was typed."""
    note_view([patient.id], page="sheet.show")
    views = _views(patient)
    sheet = _built(patient, views, episode)
    return render_template(
        "clinician/sheet.html",
        patient=patient,
        details=contact(found.vault(), patient),
        views=views,
        sheet=sheet,
        text=plain_text(sheet, _told()),
        signals=SIGNALS.values(),
        typed=request.form if wrong else {},
        wrong=wrong,
        today=found.today(found.now()),
        zone=found.clinic().time_zone,
        longest=LONGEST,
        ratings=range(HIGHEST + 1),
    )


@bp.get("/patients/<uuid:patient_id>/sheet.txt")
@staff_page
def text(patient_id: UUID) -> Reply:
    """Give the sheet as a text file for the chart."""
    patient, sheet = _found(patient_id)
    note_view([patient.id], page="sheet.text")
    return _file(plain_text(sheet, _told()), "text/plain", f"patient-{patient.number}.txt")


@bp.get("/patients/<uuid:patient_id>/sheet.csv")
@staff_page
def numbers(patient_id: UUID) -> Reply:
    """Give every measure's rows as one file."""
    patient, sheet = _found(patient_id)
    note_view([patient.id], page="sheet.numbers")
    table = numbers_of(each.course for each in sheet.measures)
    return _file("\ufeff" + table.csv(), "text/csv", f"patient-{patient.number}.csv")


@bp.get("/patients/<uuid:patient_id>/sheet/<code>.svg")
@staff_page
def drawing(patient_id: UUID, code: str) -> Reply:
    """Give one measure's drawing; ``code``: its scale."""
    patient, sheet = _found(patient_id)
    measure = sheet.measure(code) or abort(404, _("This patient has no score on that scale."))
    note_view([patient.id], page="sheet.drawing")
    return _file(measure.figure.svg_file(), "image/svg+xml", f"patient-{patient.number}-{code}.svg")


def _found(patient_id: UUID) -> tuple[Patient, Sheet]:
    patient = found.own(Patient, patient_id)
    return patient, _built(patient, _views(patient), request.args.get("episode", ""))


def _file(content: str, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=f"{kind}; charset=utf-8", headers=headers)


@bp.get("/patients/<uuid:patient_id>/case-report")
@staff_page
def report(patient_id: UUID) -> Reply:
    """Show the episode as a case report, without a name."""
    patient, sheet = _found(patient_id)
    note_view([patient.id], page="sheet.report")
    told = case_report(sheet, _told())
    return render_template("clinician/case_report.html", patient=patient, sheet=sheet, report=told)


def _views(patient: Patient) -> list[EpisodeView]:
    return episodes_of(db.session(), patient, now=found.now())


def _built(patient: Patient, views: list[EpisodeView], episode: str) -> Sheet:
    """The sheet of the episode named, or of the newest; 404 with a sentence where there is none."""
    chosen = [view for view in views if not episode or str(view.episode.id) == episode]
    if not chosen:
        abort(404, _("This patient has no such episode. Open the patient's page and choose one there."))
    return build(db.session(), found.vault(), patient, chosen[0], now=found.now())


def _told() -> dict[str, str]:
    return {code: str(words) for code, words in WORDS.items()}
