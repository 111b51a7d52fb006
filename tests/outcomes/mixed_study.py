"""A study of every kind of patient: late, missing, by proxy, dead, operated on, with and without covariates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from sqlalchemy import select

from surveys.db import app_now, clinic_session
from surveys.demo.lives import Life, Reply
from surveys.models import Endpoint, Episode
from tests.factories import MadeClinic
from tests.outcomes.study import BEGIN, life

PATIENTS, SEED = 70, 20220125
ARMS, POINTS = ("bmc", "conventional"), ("m1", "m3", "m6", "m12")
PRODUCT = {"bmc": "bone_marrow_concentrate", "conventional": "conventional"}
GENERATORS = ("degeneration", "facet", "stenosis")
MODES = ("self", "self", "self", "tablet", "proxy")


def lives() -> Iterator[Life]:
    """The patients, each as the seed has it."""
    rng = Random(SEED)  # noqa: S311 - the same study each time
    for number in range(1, PATIENTS + 1):
        arm = rng.choice(ARMS)
        treated = BEGIN + timedelta(days=rng.randrange(3, 40))
        yield life(
            number,
            arm,
            pain_generator=rng.choice(GENERATORS),
            treatments=((treated, PRODUCT[arm]),),
            replies={point: _reply(rng, point, arm) for point in ("baseline", *POINTS) if rng.random() < 0.8},
            age=rng.randrange(20, 96),
            sex=rng.choice(("female", "male")),
            bmi=rng.choice((None, 21.5, 27.0, 34.2)),
            opioid_use=rng.choice((None, True, False)),
            ending=("died", date(2024, 10, 1)) if rng.random() < 0.05 else None,
        )


def _reply(rng: Random, point: str, arm: str) -> Reply:
    level = rng.randrange(11) if point == "baseline" or arm == "conventional" else rng.randrange(8)
    levels: dict[str, dict[str, int]] = {"nrs11": {"active": level, "resting": rng.randrange(11)}}
    if point != "baseline" and rng.random() < 0.8:
        levels["events"] = {"spine_operation": int(rng.random() < 0.06)}
    days = rng.choice((1, 1, 2, 5, 8 if point == "baseline" else 150))  # late, or after the treatment
    return Reply(levels, days_after_opening=days, mode=rng.choice(MODES))


def operate(clinic: MadeClinic) -> None:
    """What staff recorded of every ninth patient."""
    with clinic_session(clinic.id) as session:
        now = app_now(session)
        for number, episode in enumerate(session.scalars(select(Episode).order_by(Episode.id))):
            if number % 9 == 0 and episode.index_date:
                day, own = episode.index_date + timedelta(days=60 + 5 * number), {"details": {}, "recorded_at": now}
                session.add(Endpoint(clinic_id=clinic.id, episode_id=episode.id, kind="surgery", on_date=day, **own))
        session.commit()
