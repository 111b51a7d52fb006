"""Large cohorts are scored in blocks; where a block ends must not matter."""

import numpy as np
import pytest

from scoring.errors import AnswerError
from scoring.instrument import load_instruments
from scoring.score import BLOCK, score_instrument
from scoring.types import FloatArray


def cohort(code: str) -> dict[str, FloatArray]:
    rng = np.random.default_rng(1)
    answers = {}
    for item in load_instruments()[code].items:
        levels = rng.integers(item.minimum, item.maximum + 1, BLOCK + 3).astype(np.float64)
        levels[rng.random(BLOCK + 3) < 0.05] = np.nan
        answers[item.code] = levels
    return answers


@pytest.mark.parametrize("code", sorted(load_instruments()))
def test_records_around_the_end_of_a_block_score_as_they_do_alone(code: str) -> None:
    answers = cohort(code)
    together = score_instrument(code, answers, "UK_TTO")
    for record in range(BLOCK - 3, BLOCK + 3):
        single = {item: values[record : record + 1] for item, values in answers.items()}
        alone = score_instrument(code, single, "UK_TTO")
        for scale, values in alone.items():
            np.testing.assert_array_equal(values, together[scale][record : record + 1])


def test_a_wrong_level_in_the_last_block_is_refused() -> None:
    answers = cohort("odi")
    answers["sitting"][-1] = 6
    with pytest.raises(AnswerError, match="sitting cannot be 6"):
        score_instrument("odi", answers)
