"""The patients behind a rate: from the dashboard's number to the people it counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from sqlalchemy import select

from scoring.instrument import Scale, find_scale
from scoring.responder import Rule
from surveys.db import db
from surveys.models import Episode, Patient
from surveys.outcomes.dashboard import Dashboard
from surveys.outcomes.judging import GROUPS, Member
from surveys.outcomes.rate import Rate
from surveys.outcomes.sections import OVERVIEW
from surveys.outcomes.words import interval_words, percent, rule_words
from surveys.people.patients import contact
from surveys.views import found
from surveys.views.dashboard import chosen_board, query_of
from surveys.views.filter_address import first_of
from surveys.views.filter_form import saved_cohort
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.seen import note_view

bp = Blueprint("behind", __name__)
PAGE = 50
OWN = {"of", "at", "group", "from"}  # what these pages' addresses add


@dataclass(frozen=True)
class Line:
    """One patient of a group with both scores; ``change``: positive is better."""

    patient: Patient
    name: str
    member: Member
    change: float | None


@bp.get("/dashboard/<code>/patients")
@staff_page
def show(code: str) -> Reply:
    """List the patients of one group behind one rate, by number."""
    board = chosen_board(code)
    figure = board.figure(code) or abort(404)
    rate = _rate(figure.rates)
    group = request.args.get("group", GROUPS[0])
    members = rate.members.get(group)
    if members is None:
        abort(404)
    first = first_of(len(members))
    rule = Rule.parse(rate.rule, value_set=board.protocol.value_set)
    lines = _lines(members, find_scale(rule.scale), first)
    note_view(line.patient.id for line in lines)
    query = {name: value for name, value in request.args.items() if value and name not in ("group", "from")}
    return render_template(
        "clinician/behind.html",
        board=board,
        figure=figure,
        rate=rate,
        rule=rule_words(rule),
        group=group,
        lines=lines,
        following=first + PAGE if first + PAGE < len(members) else None,
        query=query | {"code": code},
        back=_back(board),
        saved=saved_cohort(),
        percent=percent,
        interval_words=interval_words,
    )


@bp.get("/dashboard/<code>/people")
@staff_page
def people(code: str) -> Reply:
    """List the patients that another number of a figure stands for, by number."""
    board = chosen_board(code)
    figure = board.figure(code) or abort(404)
    group = next((each for each in figure.groups if each.code == request.args.get("group")), None)
    if group is None:  # one of nobody is there, and is false
        abort(404)
    first = first_of(len(group))
    patients = [patient for _episode, patient in _patients(group.ids(), first)]
    note_view(patient.id for patient in patients)
    query = {name: value for name, value in request.args.items() if value and name != "from"}
    return render_template(
        "clinician/behind_group.html",
        board=board,
        figure=figure,
        group=group,
        named=[(patient, _name(patient)) for patient in patients],
        following=first + PAGE if first + PAGE < len(group) else None,
        query=query | {"code": code},
        back=_back(board),
        saved=saved_cohort(),
    )


def _back(board: Dashboard) -> str:
    """The page that led here, with its choice of patients and its rule."""
    query: dict[str, Any] = {name: value for name, value in query_of(board).items() if name not in OWN}
    section = board.sections[0].code
    if section == OVERVIEW:
        return url_for("dashboard.show", **query)
    return url_for("dashboard.more", section=section, **query)


def _rate(rates: Sequence[Rate]) -> Rate:
    """The rate that the address names; none of that arm and timepoint is 404."""
    wanted = (request.args.get("of"), request.args.get("at"))
    return next((rate for rate in rates if (rate.arm, rate.timepoint) == wanted), None) or abort(404)


def _lines(members: Sequence[Member], scale: Scale, first: int) -> list[Line]:
    by_episode = {member.episode_id: member for member in members}
    return [_line(patient, by_episode[episode_id], scale) for episode_id, patient in _patients(by_episode, first)]


def _patients(episodes: Collection[UUID], first: int) -> list[tuple[UUID, Patient]]:
    """A page of the episodes' patients, by number."""
    wanted = (
        select(Episode.id, Patient)
        .join(Patient, Patient.id == Episode.patient_id)
        .where(Episode.clinic_id == identity().clinic_id, Episode.id.in_(episodes))
        .order_by(Patient.number, Episode.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(wanted.offset(first).limit(PAGE))]


def _name(patient: Patient) -> str:
    details = contact(found.vault(), patient)
    return f"{details.surname}, {details.first_name}"


def _line(patient: Patient, member: Member, scale: Scale) -> Line:
    change = None
    if member.before is not None and member.after is not None:
        raw = member.before - member.after
        change = raw if scale.direction == "higher_is_worse" else -raw
    return Line(patient, _name(patient), member, change)
