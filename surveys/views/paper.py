"""The questionnaire on paper: for one patient's visit, by number, or blank for stock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from markupsafe import Markup

from surveys.answering.battery import battery_of, screens_of
from surveys.answering.paper import PaperForm, paper_form
from surveys.db import db
from surveys.forms import RESPONDENTS
from surveys.i18n import LANGUAGE_NAMES, LANGUAGES, force_language, language
from surveys.i18n import gettext as _
from surveys.models import Visit
from surveys.protocols.loading import Protocol
from surveys.protocols.store import newest, protocol_of
from surveys.safety import NOT_WATCHED, SAFETY
from surveys.views import found
from surveys.views.guard import Reply, staff_page
from surveys.views.seen import note_view
from surveys.wordings import in_use, speaks
from surveys.wordings.marks import marked

bp = Blueprint("paper", __name__)


@dataclass(frozen=True)
class Sheet:
    """What stands at the head of a form. ``number``: the patient's, empty on a blank form."""

    protocol: Protocol
    timepoint: str
    number: str
    back: str  # where staff came from


@bp.get("/visits/<uuid:visit_id>/paper")
@staff_page
def show(visit_id: UUID) -> Reply:
    """Draw the form of a visit in the patient's language, or in the one that is asked for."""
    visit = found.own(Visit, visit_id)
    if visit.cancelled_at is not None:
        abort(409, _("This visit is cancelled, so there is no form for it."))
    patient = found.living(found.patient_of(visit).id)
    note_view([patient.id])
    back = url_for("entry.choose", visit_id=visit.id, mode="paper")
    sheet = Sheet(found.protocol_for(visit), visit.timepoint, str(patient.number), back)
    return _page(sheet, request.args.get("language") or patient.language)


@bp.get("/paper")
@staff_page
def stock() -> Reply:
    """List the blank forms of every protocol, by timepoint and language."""
    protocols = [protocol_of(row) for row in newest(db.session())]
    spoken = [code for code in LANGUAGE_NAMES if code in _known()]
    return render_template("clinician/paper_stock.html", protocols=protocols, languages=_named(spoken), spoken=_spoken)


@bp.get("/paper/<protocol>/<timepoint>/<language>")
@staff_page
def blank(protocol: str, timepoint: str, language: str) -> Reply:
    """Draw a form without a patient."""
    known = {row.code: protocol_of(row) for row in newest(db.session())}
    theirs = known.get(protocol) or abort(404)
    if timepoint not in [each.code for each in theirs.timepoints]:
        abort(404)
    return _page(Sheet(theirs, timepoint, "", url_for("paper.stock")), language)


def _known() -> set[str]:
    return {spoken for _instrument, spoken in in_use()}


def _instruments(protocol: Protocol, timepoint: str) -> list[str]:
    return [entry.instrument for entry in battery_of(protocol, timepoint)]


def _spoken(protocol: Protocol, timepoint: str, wanted: str) -> bool:
    """Whether every question of the timepoint has a wording in the language."""
    return speaks(_instruments(protocol, timepoint), wanted)


def _named(codes: Iterable[str]) -> dict[str, str]:
    return {code: LANGUAGE_NAMES.get(code, code) for code in codes}


def _page(sheet: Sheet, wanted: str) -> Reply:
    """Never in another language in silence: where a wording is missing, staff choose one that is whole."""
    others = [code for code in LANGUAGE_NAMES if _spoken(sheet.protocol, sheet.timepoint, code)]
    if not _spoken(sheet.protocol, sheet.timepoint, wanted):
        return render_template("clinician/paper_language.html", sheet=sheet, languages=_named(others)), 409
    form = paper_form(screens_of(sheet.protocol, sheet.timepoint), wanted)
    return _drawn(sheet, form, wanted, _named(others))


def _drawn(sheet: Sheet, form: PaperForm, wanted: str, others: dict[str, str]) -> str:
    """What staff read is in their language, what patients read in theirs."""
    marks = marked(_instruments(sheet.protocol, sheet.timepoint), wanted)
    staff = {"sheet": sheet, "form": form, "staff_language": language()}
    bar = render_template("clinician/_paper_bar.html", **staff, languages=others, wanted=wanted, marks=marks)
    head = render_template("clinician/_paper_head.html", **staff)
    foot = render_template("clinician/_paper_foot.html", **staff)
    spoken = wanted.partition("-")[0]
    with force_language(spoken if spoken in LANGUAGES else "en"):
        return render_template(
            "patient/paper.html",
            page_lang=spoken,
            form=form,
            bar=Markup(bar),  # noqa: S704 - drawn here by our own templates, which escape
            head=Markup(head),  # noqa: S704
            foot=Markup(foot),  # noqa: S704
            clinic=found.clinic(),
            respondents=RESPONDENTS,
            safety=SAFETY,
            not_watched=NOT_WATCHED,
        )
