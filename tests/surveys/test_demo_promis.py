"""The replica's patients answer PROMIS at every visit they answer, as people with such backs would."""

from __future__ import annotations

from datetime import date

import numpy as np

from scoring.instrument import find_instrument
from scoring.score import score_instrument
from scoring.types import FloatArray
from surveys.demo import replica
from surveys.protocols.loading import bundled_protocols

REPLIES = [(code, reply.levels) for life in replica.lives(date(2025, 1, 6)) for code, reply in life.replies.items()]


def column(instrument: str, item: str) -> FloatArray:
    return np.array([float(levels[instrument][item]) for _code, levels in REPLIES])


def scores(instrument: str) -> dict[str, FloatArray]:
    items = [item.code for item in find_instrument(instrument).items]
    return score_instrument(instrument, {item: column(instrument, item) for item in items})


def test_every_visit_answers_the_whole_battery_of_the_trial() -> None:
    trial = bundled_protocols()["trial"]
    for code, levels in REPLIES:
        asked = {(entry.instrument, item) for entry in trial.timepoint(code).battery for item in entry.items}
        given = {(instrument, item) for instrument, answers in levels.items() for item in answers}
        assert asked <= given
        assert ("promis_gh", "global10") in asked


def test_summaries_lie_below_the_population_and_follow_disability() -> None:
    """Back pain lowers physical health most: mean T under 50 in both, the physical one lower."""
    odi, promis = scores("odi")["odi"], scores("promis_gh")
    assert 32 < promis["gph_t"].mean() < promis["gmh_t"].mean() < 50
    assert np.corrcoef(odi, promis["gph_t"])[0, 1] < -0.6
    assert np.corrcoef(odi, promis["gmh_t"])[0, 1] < -0.4
    assert len(np.unique(promis["gph_t"])) > 10
