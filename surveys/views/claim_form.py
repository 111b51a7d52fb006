"""What a person chose for a claim, read from the address of the preview or from the form that makes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import abort, request
from werkzeug.datastructures import MultiDict

from scoring.endpoint import MissingMethod
from scoring.errors import ScoringError
from scoring.instrument import find_scale
from scoring.responder import Rule
from surveys.db import db
from surveys.i18n import force_language
from surveys.i18n import gettext as _
from surveys.models import SavedCohort
from surveys.outcomes import saved_cohorts
from surveys.outcomes.claims.asked import asked_scales
from surveys.outcomes.claims.compute import compute
from surveys.outcomes.claims.found import ClaimError, Kind
from surveys.outcomes.claims.freeze import freeze
from surveys.outcomes.claims.kinds import KINDS
from surveys.outcomes.claims.specification import Specification
from surveys.outcomes.claims.specify import Choices, specify
from surveys.outcomes.filter_text import FilterError, chosen_fields, parse, print_text
from surveys.outcomes.filters import Filters
from surveys.outcomes.plans.endpoints import MISSING, SURGERY
from surveys.outcomes.plans.verdict import Verdict
from surveys.outcomes.words import rule_words, timepoint_words
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.views.claim_words import kind_words, missing_words, surgery_words
from surveys.views.filter_address import refuse_beside
from surveys.views.filter_form import chosen_filters, filter_form
from surveys.views.saved_choice import filters_of, find_saved, refuse_retired

Typed = MultiDict[str, str]
LONGEST_NUMBER = 9  # digits
ELSEWHERE = tuple(name for name in chosen_fields() if name not in ("protocol", "timepoint"))  # filters of other pages


@dataclass(frozen=True)
class ClaimForm:
    """The choices as texts, and what the form offers; ``wanted``: whether a kind was chosen at all."""

    typed: Typed
    protocol: Protocol | None
    protocols: tuple[Protocol, ...]
    cohorts: tuple[SavedCohort, ...]
    saved: SavedCohort | None

    @property
    def wanted(self) -> bool:
        """Whether there is something to preview."""
        return bool(self.typed.get("kind")) and self.protocol is not None

    @property
    def kind(self) -> Kind | None:
        """The chosen kind."""
        return KINDS.get(self.typed.get("kind", ""))

    def chosen(self, name: str) -> str:
        """What was typed or chosen."""
        return self.typed.get(name, "").strip()

    def offers(self) -> dict[str, list[tuple[str, str]]]:
        """Values and words of every choice."""
        assert self.protocol is not None  # noqa: S101 - the template asks first
        rules = _rules(self.protocol, self.chosen("rule"))
        followed = [point for point in self.protocol.timepoints if not point.is_baseline]
        return {
            "kind": [(code, kind_words(code)) for code in KINDS],
            "timepoint": [(point.code, timepoint_words(point)) for point in followed],
            "rule": [(rule.text, rule_words(rule)) for rule in rules],
            "scale": [(code, find_scale(code).label) for code in asked_scales(self.protocol)],
            "missing": [(code, missing_words(code)) for code in MISSING],
            "surgery": [(code, surgery_words(code)) for code in SURGERY],
        }

    def times(self) -> dict[str, str]:
        """Every timepoint in the words of a claim."""
        assert self.protocol is not None  # noqa: S101 - there is a preview
        with force_language("en"):
            return {point.code: timepoint_words(point) for point in self.protocol.timepoints}

    def specify(self, now: datetime) -> tuple[Specification, Verdict]:
        """What to compute, and whether it was planned; raises ClaimError with a sentence."""
        if self.protocol is None:
            raise ClaimError(_("There is no protocol here yet, so there is nothing to state."))
        return specify(db.session(), self.protocol, self._choices(self.protocol), now=now)

    def preview(self, now: datetime) -> dict[str, Any]:
        """The result as it would be kept, were it made now."""
        specification, _verdict = self.specify(now)
        frozen = freeze(db.session(), specification)
        result: dict[str, Any] = json.loads(compute(specification.text, frozen.rows))
        return result | {"title": specification.title}

    def _choices(self, protocol: Protocol) -> Choices:
        missing, surgery = self.chosen("missing") or MISSING[0], self.chosen("surgery") or SURGERY[0]
        if missing not in MISSING or surgery not in SURGERY:
            raise ClaimError(_("This way of treating missing answers or operations is not on offer. Choose again."))
        return Choices(
            kind=self.chosen("kind"),
            filters=self._filters(protocol),
            timepoint=self.chosen("timepoint") or protocol.primary,
            rule=self.chosen("rule"),
            scales=tuple(dict.fromkeys(self.typed.getlist("scale"))),
            patient=_patient(self.chosen("patient")),
            missing=_method(missing),
            failed_by_surgery=surgery == "composite",
            public=bool(self.chosen("public")),
        )

    def _filters(self, protocol: Protocol) -> Filters:
        try:
            filters = parse(self.saved.filters if self.saved else self.chosen("cohort") or f"protocol={protocol.code}")
        except FilterError as problem:
            raise ClaimError(str(problem)) from problem
        if filters.protocol != protocol.code:
            raise ClaimError(_("This choice of patients is of another protocol. Choose that protocol first."))
        return filters


def asked_here() -> Typed:
    """The address as this form reads it: a saved choice by its id, and filters as on any page with figures."""
    typed: Typed = MultiDict(request.args)
    if _is_id(typed.get("cohort", "")):
        _take_saved(typed)
    beside = [name for name in ELSEWHERE if typed.get(name)]
    if beside:
        if typed.get("cohort") or typed.get("saved"):
            refuse_beside(beside)
        protocols = [protocol_store.protocol_of(row) for row in protocol_store.newest(db.session())]
        typed["cohort"] = print_text(
            replace(chosen_filters(filter_form(protocols, alone=False)), timepoint=None, fewest=0)
        )
    for name in ELSEWHERE:
        typed.poplist(name)
    return typed


def _take_saved(typed: Typed) -> None:
    """A saved choice by its id, with its protocol and timepoint where the address names no others."""
    typed["saved"], typed["cohort"] = typed["cohort"], ""
    if row := find_saved(typed["saved"]):
        filters = filters_of(row)
        for name, value in (("protocol", filters.protocol), ("timepoint", filters.timepoint)):
            typed[name] = typed.get(name) or value or ""


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def form_of(typed: Typed) -> ClaimForm:
    """Read the choices; a protocol or a saved choice that is not here is 422."""
    session = db.session()
    protocols = tuple(protocol_store.protocol_of(row) for row in protocol_store.newest(session))
    by_code = {protocol.code: protocol for protocol in protocols}
    code = typed.get("protocol")
    if code and code not in by_code:
        abort(422, _("There is no such protocol here. Choose one from the list."))
    protocol = by_code[code] if code else next(iter(protocols), None)
    cohorts = tuple(saved_cohorts.offered(session, protocol.code)) if protocol else ()
    return ClaimForm(typed, protocol, protocols, cohorts, _saved(typed.get("saved", ""), cohorts))


def _saved(wanted: str, cohorts: Sequence[SavedCohort]) -> SavedCohort | None:
    """The saved choice that is asked for, None for none; 409 where it is retired, 422 where there is none such."""
    saved = next((row for row in cohorts if str(row.id) == wanted), None)
    if wanted and saved is None:
        refuse_retired(find_saved(wanted))
        abort(422, _("There is no such saved choice of patients. Choose one from the list."))
    return saved


def _rules(protocol: Protocol, own: str) -> list[Rule]:
    """Those of the protocol, and the one that a page with figures was looked at by."""
    texts = dict.fromkeys([*protocol.rules, own])
    found = []
    for text in texts:
        with suppress(ScoringError):  # what is no rule is refused where it would be used
            found.append(Rule.parse(text, value_set=protocol.value_set))
    return found


def _patient(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise ClaimError(_("A patient's number is a whole number, such as 12."))
    return int(text)


def _method(text: str) -> MissingMethod:
    return next(method for method in MISSING if method == text)
