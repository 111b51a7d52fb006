"""Asking for a file of patients' answers, watching it being made, and taking it away."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from surveys.access import policy
from surveys.db import db
from surveys.exchange.exports.order import CONTENTS, FORMATS, SHAPES, Order, order_of
from surveys.i18n import LazyText
from surveys.i18n import gettext as _
from surveys.models import Job
from surveys.outcomes.filter_text import print_text
from surveys.outcomes.filter_words import words
from surveys.views import job_files
from surveys.views.dashboard import enrolled_protocols
from surveys.views.filter_form import FEWEST, chosen_filters, filter_form, saved_cohort
from surveys.views.guard import Reply, fresh, identity, staff_page
from surveys.views.posted_filters import posted_cohort, posted_filters
from surveys.views.saved_choice import retired_words

bp = Blueprint("exports", __name__)
LONGEST_REASON = 200
SHELF = job_files.Shelf("export", "application/zip", LazyText("Exports"))
CODES = {"shape": SHAPES, "format": FORMATS, "contents": CONTENTS}


@bp.get("/exports")
@staff_page
def show() -> Reply:
    """The form, and the files asked for so far."""
    protocols = [protocol for protocol, _count in enrolled_protocols(db.session())]
    lines = [_line(job) for job in job_files.listed(SHELF)]
    if not protocols:
        return render_template("clinician/exports_empty.html", lines=lines)
    form = filter_form(protocols, baseline=True)
    filters = chosen_filters(form)
    chosen = next(protocol for protocol in protocols if protocol.code == filters.protocol)
    told = {"chosen_words": words(filters, chosen), "filters_text": print_text(filters), "saved": saved_cohort()}
    told["retired"] = retired_words(saved_cohort())
    may_identify = identity().role not in policy.NAMELESS
    return render_template(
        "clinician/exports.html", form=form, protocols=protocols, lines=lines, may_identify=may_identify, **told
    )


@bp.post("/exports")
@staff_page
def ask() -> Reply:
    """Put an export into the queue."""
    order, reason = _order()
    if order.identified and identity().role in policy.NAMELESS:
        abort(403)
    job_files.asked(SHELF, order.arguments(), reason)
    flash(_("The file is being made. It is listed below."), "good")
    return redirect(url_for("exports.show", _anchor="files"), 303)


@bp.post("/exports/<uuid:job_id>/cancel")
@staff_page
def cancel(job_id: UUID) -> Reply:
    """Stop one that waits or runs."""
    job_files.cancelled(SHELF, job_id)
    flash(_("Cancelled."), "good")
    return redirect(url_for("exports.show", _anchor="files"), 303)


@bp.get("/exports/<uuid:job_id>/file")
@staff_page
@fresh
def download(job_id: UUID) -> Reply:
    """The file."""
    job = job_files.own(SHELF, job_id)
    name = f"{job_files.subject(job.arguments['filters'])}-{job.requested_at:%Y-%m-%d}-{str(job.id)[-8:]}.zip"
    return job_files.handed_out(SHELF, job, name)


def _line(job: Job) -> dict[str, object]:
    """A job as the page shows it."""
    order = order_of(job.arguments)
    told, _protocol = job_files.chosen(order.filters)
    return {"job": job, "order": order, "state": job_files.state_of(job), "words": told, "problem": _problem(job)}


def _problem(job: Job) -> str | None:
    sentences = {
        "TooManyRowsError": _("A sheet of XLSX holds 1,048,575 rows and these are more. Choose CSV or Parquet."),
        "died": _("It was begun three times and never came to its end. Choose fewer patients, or scores alone."),
    }
    return job_files.problem(job, sentences)


def _order() -> tuple[Order, str | None]:
    """What the form asks for, and the reason where it identifies persons; 409 for a retired choice."""
    posted_cohort()
    chosen = {name: request.form.get(name, codes[0]) for name, codes in CODES.items()}
    if any(chosen[name] not in codes for name, codes in CODES.items()):
        abort(422, _("Choose one of the shapes and formats on offer."))
    identified = request.form.get("identified") == "yes"
    reason = " ".join(request.form.get("reason", "").split()) or None
    if identified and (reason is None or len(reason) > LONGEST_REASON or not reason.isprintable()):
        abort(422, _("An export that identifies persons needs a reason of up to %(n)d letters.", n=LONGEST_REASON))
    fewest = FEWEST if identity().role in policy.NAMELESS else 0
    filters = print_text(posted_filters(request.form.get("filters", ""))[0])
    return Order(filters, **chosen, identified=identified, fewest=fewest), reason if identified else None
