"""Whether a figure or a claim was planned: the words that stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, distinct, func, select
from sqlalchemy.orm import Session

from scoring.endpoint import Endpoint
from surveys.models import AnalysisPlan, Episode, Response, Visit
from surveys.outcomes.filter_text import parse
from surveys.outcomes.plans.content import PlanContent, read_content
from surveys.outcomes.queries import chosen_episodes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is about to be shown. ``kind``: of claim, None for a figure; ``endpoint``: its text, None without a rule.

    ``cohort``: the text of the filters; ``scales``: what is read where there is no endpoint; ``comparison``: the
    arms that are set against each other, None where none are.
    """

    cohort: str
    timepoint: str
    kind: str | None = None
    endpoint: str | None = None
    scales: frozenset[str] = frozenset()
    comparison: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``planned_on``: None where it is post hoc.

    ``written_on``: where a plan holds it that was written once results were in, ``known`` of ``results`` by then: who
    has seen results plans nothing.
    """

    planned_on: date | None = None
    written_on: date | None = None
    plan_id: UUID | None = None
    version: int = 0
    known: int = 0
    results: int = 0

    @property
    def words(self) -> str:
        """As it is frozen into a claim."""
        if self.planned_on:
            return f"as planned (plan of {self.planned_on.isoformat()})"
        if self.written_on is None:
            return "post hoc"
        late = f"when {self.known} of {self.results} results were in"
        return f"post hoc (a plan was written on {self.written_on.isoformat()}, {late})"


POST_HOC = Verdict()


def verdict(session: Session, plans: Sequence[AnalysisPlan], wanted: Wanted) -> Verdict:
    """Judge what is wanted by a protocol's plans, the newest first.

    The newest version has to hold it, and dates it from the first version since which it has been held throughout.
    """
    since: AnalysisPlan | None = None
    for plan in plans:
        if not holds(read_content(plan.content), wanted):
            break
        since = plan
    if since is None:
        return POST_HOC
    known, results = results_by(session, wanted.cohort, wanted.timepoint, since.written_at)
    day = since.written_at.date()
    dated = {"written_on": day} if known else {"planned_on": day}
    return Verdict(**dated, plan_id=since.id, version=since.version, known=known, results=results)


def holds(plan: PlanContent, wanted: Wanted) -> bool:
    """Whether a plan names the patients, the kind, the endpoint or scales, and the comparison."""
    if plan.cohort != wanted.cohort or (wanted.comparison or "") not in ("", *plan.comparisons):
        return False
    if wanted.kind is not None and wanted.kind not in plan.methods:
        return False
    if wanted.endpoint is not None:
        return wanted.endpoint in plan.endpoints
    timepoints = {Endpoint.parse(text).timepoint for text in plan.endpoints}
    return wanted.scales <= plan.scales and wanted.timepoint in timepoints


def results_by(session: Session, cohort: str, timepoint: str, moment: datetime) -> tuple[int, int]:
    """Patients who had answered at a timepoint before a moment, and all who have answered at it."""
    chosen = chosen_episodes(parse(cohort)).subquery()
    early = func.count(distinct(Episode.id)).filter(Response.finalised_at < moment)
    counted = select(early, func.count(distinct(Episode.id))).select_from(Episode)
    counted = counted.join(chosen, chosen.c.id == Episode.id)
    counted = counted.join(Visit, and_(Visit.clinic_id == Episode.clinic_id, Visit.episode_id == Episode.id))
    counted = counted.join(Response, and_(Response.clinic_id == Visit.clinic_id, Response.visit_id == Visit.id))
    row = session.execute(counted.where(Visit.timepoint == timepoint, Response.finalised_at.is_not(None))).one()
    return int(row[0]), int(row[1])
