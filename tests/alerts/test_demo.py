"""The demo shows alerts that somebody has looked at and some that wait."""

from __future__ import annotations

from surveys.demo.alerts import UNSEEN, look_back
from tests.alerts.ward import Ward


def test_the_last_answers_are_looked_at_once_and_the_newest_wait(ward: Ward) -> None:
    for _ in range(UNSEEN + 1):
        ward.worse()
    later = ward.now()
    for _ in range(2):
        ward.act(lambda session: look_back(session, ward.clinic.id, now=later))
    first, *rest = ward.alerts()
    assert (first.acknowledged_by, first.note is not None) == (ward.person("clinician"), True)
    assert [each.acknowledged_by for each in rest] == [None] * UNSEEN
    ward.worse()
    assert [each.acknowledged_by is None for each in ward.alerts()] == [False, *[True] * (UNSEEN + 1)]
