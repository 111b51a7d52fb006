"""Asking for a report of the patients that are looked at, watching it being made, and taking it away."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from scoring.responder import Rule
from surveys.access import policy
from surveys.db import db
from surveys.i18n import STAFF_LANGUAGES, LazyText, language
from surveys.i18n import gettext as _
from surveys.models import Job
from surveys.outcomes.filter_text import print_text
from surveys.outcomes.filter_words import words
from surveys.outcomes.reports.order import Order, order_of
from surveys.outcomes.words import rule_words
from surveys.views import job_files
from surveys.views.dashboard import enrolled_protocols, protocol_of
from surveys.views.filter_form import FEWEST, chosen_filters, filter_form, saved_cohort
from surveys.views.guard import Reply, fresh, identity, staff_page
from surveys.views.posted_filters import posted_cohort, posted_filters
from surveys.views.rule_form import chosen_rule, rule_choices, rule_of
from surveys.views.saved_choice import filters_of, retired_words

bp = Blueprint("reports", __name__)
SHELF = job_files.Shelf("report", "application/pdf", LazyText("Reports"))


@bp.get("/reports")
@staff_page
def show() -> Reply:
    """The choice of patients and rule that a report would be of, and the reports asked for so far."""
    protocols = enrolled_protocols(db.session())
    lines = [_line(job) for job in job_files.listed(SHELF)]
    if not protocols:
        return render_template("clinician/reports_empty.html", lines=lines)
    form = filter_form([protocol for protocol, _count in protocols])
    protocol, filters = protocol_of(form, protocols), chosen_filters(form)
    rule = chosen_rule(protocol)
    told: dict[str, object] = {"chosen_words": words(filters, protocol), "filters_text": print_text(filters)}
    told |= {"saved": saved_cohort(), "retired": retired_words(saved_cohort())}
    told |= {"rule_text": rule.text, "rule_in_words": rule_words(rule), "rules": rule_choices(protocol, rule)}
    spoken = {"languages": STAFF_LANGUAGES, "own_language": language()}
    return render_template("clinician/reports.html", form=form, protocols=protocols, lines=lines, **told, **spoken)


@bp.post("/reports")
@staff_page
def ask() -> Reply:
    """Put a report into the queue."""
    job_files.asked(SHELF, _order().arguments())
    flash(_("The report is being made. It is listed below."), "good")
    return redirect(url_for("reports.show", _anchor="files"), 303)


@bp.post("/reports/<uuid:report_id>/cancel")
@staff_page
def cancel(report_id: UUID) -> Reply:
    """Stop one that waits or is being made."""
    job_files.cancelled(SHELF, report_id)
    flash(_("Cancelled."), "good")
    return redirect(url_for("reports.show", _anchor="files"), 303)


@bp.get("/reports/<uuid:report_id>/file")
@staff_page
@fresh
def download(report_id: UUID) -> Reply:
    """The file."""
    job = job_files.own(SHELF, report_id)
    name = f"{job_files.subject(job.arguments['filters'])}-report-{job.requested_at:%Y-%m-%d}-{str(job.id)[-8:]}.pdf"
    return job_files.handed_out(SHELF, job, name)


def _line(job: Job) -> dict[str, object]:
    """A job as the page shows it."""
    order = order_of(job.arguments)
    told, protocol = job_files.chosen(order.filters)
    rule = rule_words(Rule.parse(order.rule, value_set=protocol.value_set)) if protocol else order.rule
    died = _("It was begun three times and never came to its end. Choose fewer patients.")
    problem = job_files.problem(job, {"died": died})
    shown = {"job": job, "order": order, "state": job_files.state_of(job), "problem": problem}
    return shown | {"words": told, "rule": rule}


def _order() -> Order:
    """What the form asks for; 422 with a sentence for what is not on offer."""
    filters, protocol = posted_filters(request.form.get("filters", ""))
    spoken = request.form.get("language", language())
    if spoken not in STAFF_LANGUAGES:
        abort(422, _("Choose one of the languages on offer."))
    text = print_text(filters)
    return Order(
        filters=text,
        rule=rule_of(request.form.get("rule", ""), protocol).text,
        asked_by=str(identity().actor.staff_id),
        language=spoken,
        fewest=FEWEST if identity().role in policy.NAMELESS else 0,
        saved=_name(text),
    )


def _name(filters: str) -> str:
    """The saved choice that was looked at, by its name and version; empty where none was, or another is asked for."""
    row = posted_cohort()
    if row is None or print_text(filters_of(row)) != filters:
        return ""
    return ", ".join([row.name, _("version %(version)s", version=row.version)])
