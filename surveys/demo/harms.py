"""Adverse events of synthetic patients: mostly mild and soon after the treatment, a few serious, some half told."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.demo.lives import Harm, Life
from surveys.models import Clinic, Episode
from surveys.pathway.adverse import RELATEDNESS, adverse_details
from surveys.pathway.episodes import EndpointDetails, record_endpoint

Act = Callable[[datetime], None]
MILD = ("pain_flare", "pain_flare", "pain_flare", "harvest_site_pain", "headache_or_dural_leak", "other_event")
GRAVE = ("infection", "nerve_symptoms", "thromboembolism")
TOLD_AFTER = 9  # days until the clinic hears of it


def harms(chart_number: str, treated_on: Sequence[date], *, treated: bool) -> tuple[Harm, ...]:
    """Return the same for the same patient: one in seven of the treated, one in fourteen of the others."""
    rng = random.Random(f"harms {chart_number}")  # noqa: S311 - not for secrets
    if rng.random() > (0.14 if treated else 0.07):
        return ()
    day = rng.choice(treated_on) + timedelta(days=round(rng.expovariate(1 / 20)))
    if rng.random() < 0.15:
        return (Harm(day, rng.choice((3, 4)), rng.choice(GRAVE), "yes", rng.choice(RELATEDNESS)),)
    related = rng.choice(("", *RELATEDNESS))
    return (Harm(day, rng.choice((1, 1, 2)), rng.choice(MILD), rng.choice(("no", "no", "")), related),)


def harm_events(
    session: Session, clinic: Clinic, episode: Episode, life: Life, *, coordinator: Actor
) -> Iterator[tuple[datetime, Act]]:
    """Yield when each is recorded, with the act; nothing is heard of once follow-up has ended."""
    last = life.ending[1] if life.ending else date.max
    for harm in life.harms:
        heard = harm.on_date + timedelta(days=TOLD_AFTER)
        if heard < last:
            yield datetime.combine(heard, time(11), tzinfo=UTC), _recording(session, clinic, episode, harm, coordinator)


def _recording(session: Session, clinic: Clinic, episode: Episode, harm: Harm, coordinator: Actor) -> Act:
    def act(now: datetime) -> None:
        told = adverse_details(harm.event, harm.serious, harm.related)
        details = EndpointDetails("adverse_event", harm.on_date, harm.severity, told)
        record_endpoint(session, clinic, episode, details, actor=coordinator, now=now)

    return act
