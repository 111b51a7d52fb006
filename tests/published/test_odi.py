"""The worked examples of the ODI: Fairbank & Pynsent, Spine 2000;25:2940-2952."""

import numpy as np
import pytest

from scoring.odi import odi

SIXTEEN = [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 0.0]


def test_sixteen_of_fifty_is_32_per_cent() -> None:
    assert odi(np.array([[*SIXTEEN, 0.0]]), max_missing=1)[0] == 32


def test_sixteen_of_forty_five_is_35_56_per_cent() -> None:
    assert odi(np.array([[*SIXTEEN, np.nan]]), max_missing=1)[0] == pytest.approx(1600 / 45, abs=1e-12)
