"""A patient's own goal, taken down and rated in an interview."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from wtforms import DateField, Form, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from surveys.db import db
from surveys.enrolment.fields import choice, text_field
from surveys.i18n import gettext as _
from surveys.models import Episode, Goal, Patient
from surveys.people.goals import HIGHEST, LONGEST, LOWEST, GoalDayError, ReplacedGoalError, rate_goal, set_goal
from surveys.people.holding import ClosedRecordError
from surveys.views import found
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.sheet import sheet_page

bp = Blueprint("goals", __name__)


class GoalForm(Form):
    """The goal in the patient's words."""

    words = text_field(LONGEST, required=True)


class RatingForm(Form):
    """How far the goal is reached, on which day, and whether it was said or written."""

    rating = IntegerField(validators=[InputRequired(), NumberRange(LOWEST, HIGHEST)])
    on_date = DateField(validators=[Optional()])
    mode = choice(("interview", "paper"))


@bp.post("/episodes/<uuid:episode_id>/goal")
@staff_page
def save(episode_id: UUID) -> Reply:
    """Set the goal, in place of the one that stood."""
    episode, form, now = found.own(Episode, episode_id), GoalForm(request.form), found.now()

    def act() -> None:
        words = form.words.data or ""
        day, actor = found.today(now), identity().actor
        set_goal(db.session(), found.vault(), episode, words, on=day, actor=actor, now=now)
        flash(_("The goal is saved."), "good")

    wrong = _("Write the goal in the patient's own words, up to %(n)d letters.", n=LONGEST)
    return _do(episode, form, act, wrong)


@bp.post("/goals/<uuid:goal_id>/ratings")
@staff_page
def rate(goal_id: UUID) -> Reply:
    """Add a rating."""
    goal, form, now = found.own(Goal, goal_id), RatingForm(request.form), found.now()

    def act() -> None:
        day, how, actor = form.on_date.data or found.today(now), form.mode.data, identity().actor
        rate_goal(db.session(), goal, form.rating.data or 0, on=day, mode=how, actor=actor, now=now)
        flash(_("The rating is saved."), "good")

    wrong = _("Choose a number from 0 to 10, and check the day.")
    return _do(found.own(Episode, goal.episode_id), form, act, wrong)


def _do(episode: Episode, form: Form, act: Callable[[], None], wrong: str) -> Reply:
    """Run one act and commit; what it refuses is shown on the sheet with 422."""
    episode_id, patient_id = episode.id, episode.patient_id
    try:
        if form.validate():
            act()
            db.session.commit()
            return redirect(url_for("sheet.show", patient_id=patient_id, episode=episode_id, _anchor="goal"), 303)
    except ReplacedGoalError:
        wrong = _("This goal was replaced by another. Rate the one that stands.")
    except GoalDayError:
        wrong = _("Enter a day from the day the goal was set until today.")
    except ClosedRecordError:
        db.session.rollback()
        abort(409, found.closed())
    db.session.rollback()
    return sheet_page(found.own(Patient, patient_id), str(episode_id), wrong=wrong), 422
