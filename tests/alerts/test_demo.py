"""The demo shows alerts that somebody has looked at and some that wait."""

from __future__ import annotations

from datetime import timedelta

from surveys.demo.alerts import UNSEEN, look_back
from tests.alerts.ward import Ward


def test_the_last_answers_are_looked_at_once(ward: Ward) -> None:
    ward.worse()
    later = ward.now() + UNSEEN + timedelta(hours=1)
    for _ in range(2):
        ward.act(lambda session: look_back(session, ward.clinic.id, now=later))
    (alert,) = ward.alerts()
    assert (alert.acknowledged_by, alert.note is not None) == (ward.person("clinician"), True)
    ward.worse()
    assert [each.acknowledged_by is None for each in ward.alerts()] == [False, True]
