"""Analysis plans: what will be looked at and how, written down before the results and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from scoring.endpoint import Endpoint
from scoring.errors import ScoringError
from scoring.responder import Rule
from surveys.db import app_now, db
from surveys.i18n import gettext as _
from surveys.models import AnalysisPlan, Staff
from surveys.outcomes import saved_cohorts
from surveys.outcomes.claims.kinds import KINDS
from surveys.outcomes.filter_text import FilterError, parse
from surveys.outcomes.filter_words import words
from surveys.outcomes.plans import store
from surveys.outcomes.plans.content import PlanContent, PlanError, checked, read_content
from surveys.outcomes.plans.endpoints import MISSING, SURGERY, endpoint_of
from surveys.outcomes.words import rule_words, timepoint_words
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.views import found
from surveys.views.claim_words import kind_words, missing_words, surgery_words
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.saved_choice import find_saved, retired_words

bp = Blueprint("plans", __name__)
LONGEST = 120


@dataclass(frozen=True)
class Offer:
    """What the form of one protocol offers: value and words."""

    rules: Sequence[tuple[str, str]]
    timepoints: Sequence[tuple[str, str]]
    comparisons: Sequence[tuple[str, str]]
    kinds: Sequence[tuple[str, str]]
    missing: Sequence[tuple[str, str]]
    surgery: Sequence[tuple[str, str]]


@bp.get("/plans")
@staff_page
def index() -> Reply:
    """List the newest plan of each protocol, and offer the form of one."""
    return _page(request.args.get("protocol"))


@bp.get("/plans/<uuid:plan_id>")
@staff_page
def show(plan_id: UUID) -> Reply:
    """One version, with those before and after it."""
    plan = found.own(AnalysisPlan, plan_id)
    content = read_content(plan.content)
    endpoints, protocol = [Endpoint.parse(text) for text in content.endpoints], _newest(plan.protocol)
    return render_template(
        "clinician/plan.html",
        plan=plan,
        content=content,
        endpoints=[(each.text, _endpoint_words(protocol, each)) for each in endpoints],
        kinds=[kind_words(code) for code in content.methods],
        cohort_words=_patients(protocol, content),
        by=db.session.get_one(Staff, plan.written_by).name,
        versions=store.versions(db.session(), plan.protocol),
    )


@bp.post("/plans")
@staff_page
def write() -> Reply:
    """Keep what was chosen as the protocol's next version."""
    session, who = db.session(), identity()
    protocol = _protocol(request.form.get("protocol"))
    title = " ".join(request.form.get("title", "").split())
    if not title or len(title) > LONGEST or not title.isprintable():
        return _page(protocol.code, _("Give the plan a title of up to %(n)d letters.", n=LONGEST)), 422
    try:
        content = _content(protocol)
    except (PlanError, FilterError, ScoringError, KeyError) as problem:
        return _page(protocol.code, str(problem)), 422
    now = app_now(session)
    row, new = store.write(session, who.clinic_id, protocol.code, title, content, actor=who.actor, now=now)
    session.commit()
    flash(_("Kept as version %(n)d.", n=row.version) if new else _("It stands there already, unchanged."), "good")
    return redirect(url_for("plans.show", plan_id=row.id), 303)


def _content(protocol: Protocol) -> PlanContent:
    """The plan that the form describes; its patients are of its protocol, in all arms."""
    chosen = request.form
    cohort = parse(_cohort() or f"protocol={protocol.code}")
    if cohort.protocol != protocol.code or cohort.arm or cohort.timepoint:
        raise PlanError(_("The patients of a plan are of its protocol, in all arms and at all timepoints."))
    offer = _offer(protocol)
    _on_offer(chosen.getlist("rule"), offer.rules)
    _on_offer(chosen.getlist("timepoint"), offer.timepoints)
    _on_offer(chosen.getlist("comparison"), offer.comparisons)
    _on_offer([chosen.get("missing", MISSING[0])], offer.missing)
    _on_offer([chosen.get("surgery", SURGERY[0])], offer.surgery)
    pairs = product(chosen.getlist("rule"), chosen.getlist("timepoint"))
    how = (chosen.get("missing", MISSING[0]), chosen.get("surgery", SURGERY[0]))
    endpoints = [endpoint_of(protocol, Rule.parse(rule), code, *how).text for rule, code in pairs]  # type: ignore[arg-type]
    return checked(
        _cohort() or f"protocol={protocol.code}", endpoints, chosen.getlist("comparison"), chosen.getlist("kind")
    )


def _on_offer(values: Sequence[str], offered: Sequence[tuple[str, str]]) -> None:
    known = {value for value, _words in offered}
    if unknown := [value for value in values if value not in known]:
        raise PlanError(_("%(value)s is not on offer here. Choose again.", value=unknown[0][:80]))


def _cohort() -> str:
    """The text that was typed, or that of the saved choice."""
    saved = request.form.get("saved", "")
    if not saved:
        return request.form.get("cohort", "").strip()
    row = find_saved(saved)
    if row is None:
        raise PlanError(_("There is no such saved choice of patients. Choose one from the list."))
    if told := retired_words(row):
        raise PlanError(told)
    return row.filters


def _protocol(code: str | None) -> Protocol:
    protocols = {row.code: row for row in protocol_store.newest(db.session())}
    if not protocols or (code and code not in protocols):
        abort(422, _("There is no such protocol here. Choose one from the list."))
    return protocol_store.protocol_of(protocols[code] if code else next(iter(protocols.values())))


def _offer(protocol: Protocol) -> Offer:
    reference = next((arm for arm in protocol.arms if arm.conventional), protocol.arms[-1])
    treated = [arm for arm in protocol.arms if arm != reference]
    rules = [Rule.parse(text, value_set=protocol.value_set) for text in protocol.rules]
    return Offer(
        rules=[(rule.text, rule_words(rule)) for rule in rules],
        timepoints=[(point.code, timepoint_words(point)) for point in protocol.timepoints if not point.is_baseline],
        comparisons=[(f"{arm.code} minus {reference.code}", f"{arm.label} – {reference.label}") for arm in treated],
        kinds=[(code, kind_words(code)) for code in KINDS],
        missing=[(code, missing_words(code)) for code in MISSING],
        surgery=[(code, surgery_words(code)) for code in SURGERY],
    )


def _endpoint_words(protocol: Protocol | None, endpoint: Endpoint) -> str:
    how = (missing_words(endpoint.missing), surgery_words(endpoint.strategy("surgery")))
    known = {point.code: timepoint_words(point) for point in protocol.timepoints} if protocol else {}
    return " · ".join((rule_words(endpoint.rule), known.get(endpoint.timepoint, endpoint.timepoint), *how))


def _newest(code: str) -> Protocol | None:
    """The protocol as it stands; None where it is no longer loaded."""
    row = protocol_store.find(db.session(), code)
    return protocol_store.protocol_of(row) if row else None


def _patients(protocol: Protocol | None, content: PlanContent) -> str:
    """Whom a plan counts, in words; empty where its protocol is gone and only its text stands."""
    return words(parse(content.cohort), protocol) if protocol else ""


def _page(code: str | None, wrong: str = "") -> str:
    session = db.session()
    protocols = [protocol_store.protocol_of(row) for row in protocol_store.newest(session)]
    chosen = _protocol(code) if protocols else None
    return render_template(
        "clinician/plans.html",
        plans=store.newest(session),
        protocols=protocols,
        chosen=chosen,
        offer=_offer(chosen) if chosen else None,
        saved=saved_cohorts.offered(session, chosen.code) if chosen else [],
        wrong=wrong,
        typed=request.form,
        titles={protocol.code: protocol.title for protocol in protocols},
    )
