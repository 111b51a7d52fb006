"""Uploading many patients: preview first, then all lines or the good ones."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for

from surveys.db import db
from surveys.enrolment.clinicians import clinicians
from surveys.exchange.patients_csv import CsvError, Line, enrol_lines, preview, rest_csv
from surveys.i18n import gettext as _
from surveys.i18n import ngettext
from surveys.pathway.episodes import EpisodeError
from surveys.people.patients import DuplicateChartError
from surveys.views import found
from surveys.views.guard import Reply, has_texts, identity, staff_page

bp = Blueprint("imports", __name__)


@bp.get("/patients/import")
@staff_page
def form() -> Reply:
    """Ask for a file."""
    return _page(None, "")


@bp.post("/patients/import")
@staff_page
def look() -> Reply:
    """Report on every line; nothing is enrolled yet."""
    upload = request.files.get("file")
    raw = upload.read() if upload and upload.filename else request.form.get("text", "").encode("utf-8", "replace")
    try:
        text = raw.decode("utf-8-sig")
        lines = _read(text)
    except UnicodeDecodeError:
        return _refused("", _("This is no CSV text. Save the table as CSV UTF-8 and upload that file."))
    except CsvError as error:
        return _refused(text, str(error))
    return _page(lines, text)


@bp.post("/patients/import/enrol")
@staff_page
def apply() -> Reply:
    """Enrol all lines, or only the good ones."""
    text = request.form.get("text", "")
    try:
        lines = _read(text)
        bad = sum(1 for line in lines if line.problem)
        if bad and request.form.get("which") != "good":
            look = ngettext("%(num)d line needs another look.", "%(num)d lines need another look.", bad)
            return _refused(text, _("Nothing is enrolled: %(look)s", look=look), lines)
        clinic, actor = found.clinic(), identity().actor
        count = enrol_lines(db.session(), found.vault(), clinic, lines, actor=actor, now=found.now())
    except (CsvError, DuplicateChartError, EpisodeError) as error:
        db.session.rollback()
        return _refused(text, str(error))
    db.session.commit()
    flash(_("%(count)s patients are enrolled.", count=count), "good")
    if bad:
        return _page([line for line in lines if line.problem], text)
    return redirect(url_for("patients.index"), 303)


@bp.post("/patients/import/rest")
@staff_page
def rest() -> Reply:
    """Give the lines that were not good as a file."""
    try:
        reply = make_response(rest_csv(_read(request.form.get("text", ""))))
    except CsvError as error:
        return _refused("", str(error))
    reply.headers["Content-Type"] = "text/csv; charset=utf-8"
    reply.headers["Content-Disposition"] = 'attachment; filename="patients-to-mend.csv"'
    return reply


def _read(text: str) -> list[Line]:
    return preview(db.session(), found.vault(), found.clinic(), text, texts=has_texts(), now=found.now())


def _refused(text: str, why: str, lines: list[Line] | None = None) -> Reply:
    return _page(lines, text, wrong=why), 422


def _page(lines: list[Line] | None, text: str, *, wrong: str | None = None) -> str:
    people = clinicians(db.session())
    return render_template("clinician/import.html", lines=lines, text=text, wrong=wrong, people=people)
