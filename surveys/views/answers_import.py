"""Taking in past answers from a file: what each column holds, a report by line, then all of it or the good visits."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from surveys.db import db
from surveys.exchange.imports.mapping import guess, missing, roles
from surveys.exchange.imports.reading import Problem, Rows, gather, table
from surveys.exchange.imports.taking import Wish, look, take_in
from surveys.exchange.patients_csv import CsvError
from surveys.i18n import gettext as _
from surveys.i18n import ngettext
from surveys.protocols import store as protocol_store
from surveys.views import found
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.seen import note_view

bp = Blueprint("answers_import", __name__)


@dataclass(frozen=True)
class Report:
    """A file as it was read: columns with their roles, what is wrong with lines, what would become of each visit."""

    header: list[str]
    roles: list[str]
    missing: list[str]
    problems: list[Problem]
    wishes: list[Wish]

    def count(self, state: str) -> int:
        """Visits in a state: new, known, bad."""
        return sum(1 for wish in self.wishes if wish.state == state)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with any line."""
        return not self.missing and not self.problems


@bp.get("/patients/import-answers")
@staff_page
def form() -> Reply:
    """Ask for a file."""
    return _page("")


@bp.post("/patients/import-answers")
@staff_page
def check() -> Reply:
    """Show what each column holds and what would become of each line; nothing is stored."""
    text = _text()
    try:
        report = _report(text)
    except CsvError as error:
        return _page(text, wrong=str(error)), 422
    note_view(wish.patient.id for wish in report.wishes if wish.patient)
    return _page(text, report)


@bp.post("/patients/import-answers/store")
@staff_page
def store() -> Reply:
    """Take in every visit, or only the good ones."""
    text, session, who = _text(), db.session(), identity()
    try:
        report = _report(text)
    except CsvError as error:
        return _page(text, wrong=str(error)), 422
    if request.form.get("agreed") != "yes":
        return _page(text, report, wrong=_("Tick that the patients agreed to take part, or leave the file out.")), 422
    if not report.good and request.form.get("which") != "good":
        return _page(text, report, wrong=_("Nothing is taken in: some lines need another look.")), 422
    count = take_in(session, report.wishes, actor=who.actor, now=found.now())
    session.commit()
    told = ngettext(
        "The answers of %(num)d visit are taken in and scored.",
        "The answers of %(num)d visits are taken in and scored.",
        count,
    )
    flash(told, "good")
    return redirect(url_for("answers_import.form"), 303)


def _text() -> str:
    upload = request.files.get("file")
    if not upload or not upload.filename:
        return request.form.get("text", "")
    raw: bytes = upload.read()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "\0"  # refused as no CSV text


def _report(text: str) -> Report:
    header, rows = table(text)
    chosen = _roles(header)
    lacking = missing(chosen)
    if lacking:
        return Report(header, chosen, lacking, [], [])
    return _read(header, rows, chosen)


def _read(header: list[str], rows: Rows, chosen: list[str]) -> Report:
    given, problems = gather(header, rows, chosen)
    spoilt = {problem.line for problem in problems}
    whole = [each for each in given if spoilt.isdisjoint(each.lines)]
    wishes = look(db.session(), found.vault(), whole, _protocol(), now=found.now())
    problems += [problem for wish in wishes for problem in wish.problems]
    return Report(header, chosen, [], sorted(problems, key=lambda each: each.line), wishes)


def _roles(header: list[str]) -> list[str]:
    """As a person said, or else as the names of the columns say."""
    if "role-0" not in request.form:
        return guess(header)
    known = set(roles())
    chosen = [request.form.get(f"role-{place}", "") for place in range(len(header))]
    named = [role for role in chosen if role]
    if not known.issuperset(chosen) or len(set(named)) != len(named):
        raise CsvError(_("Each column holds one thing, and no two hold the same. Choose again."))
    return chosen


def _protocol() -> str:
    codes = [row.code for row in protocol_store.newest(db.session())]
    chosen = request.form.get("protocol") or next(iter(codes), "")
    if chosen not in codes:
        abort(422, _("This protocol is not one of those on offer."))
    return chosen


def _page(text: str, report: Report | None = None, wrong: str | None = None) -> str:
    protocols = [protocol_store.protocol_of(row) for row in protocol_store.newest(db.session())]
    shown = "" if "\0" in text else text
    return render_template(
        "clinician/import_answers.html",
        text=shown,
        report=report,
        wrong=wrong,
        roles=roles(),
        protocols=protocols,
        protocol=request.form.get("protocol"),
    )
