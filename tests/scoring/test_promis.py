"""PROMIS Global Health: whatever the answers, the scores behave."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import AnswerError
from scoring.instrument import find_instrument
from scoring.score import score_instrument
from scoring.types import FloatArray

ITEMS = find_instrument("promis_gh").items
PHYSICAL, MENTAL = {"global03", "global06", "global07", "global08"}, {"global02", "global04", "global05", "global10"}
levels = {item.code: st.one_of(st.none(), st.integers(item.minimum, item.maximum)) for item in ITEMS}
records = st.fixed_dictionaries(levels)


def arrays(record: dict[str, int | None]) -> dict[str, FloatArray]:
    return {code: np.array([np.nan if level is None else level], dtype=float) for code, level in record.items()}


def scores(record: dict[str, int | None]) -> dict[str, float]:
    return {scale: float(values[0]) for scale, values in score_instrument("promis_gh", arrays(record)).items()}


@given(records)
def test_a_summary_has_a_score_where_its_four_items_are_answered_and_nowhere_else(
    record: dict[str, int | None],
) -> None:
    found = scores(record)
    for name, items in (("gph", PHYSICAL), ("gmh", MENTAL)):
        whole = all(record[code] is not None for code in items)
        assert [np.isfinite(found[f"{name}_{scale}"]) for scale in ("raw", "t", "se")] == [whole] * 3


@given(records, st.sampled_from([item.code for item in ITEMS]))
def test_a_better_answer_never_lowers_a_score(record: dict[str, int | None], code: str) -> None:
    item, level = find_instrument("promis_gh").item(code), record[code]
    step = -1 if code == "global07" else 1  # of pain less is better
    if level is None or not item.minimum <= level + step <= item.maximum:
        return
    before, after = scores(record), scores(record | {code: level + step})
    for scale in ("gph_raw", "gph_t", "gmh_raw", "gmh_t"):
        assert np.isnan(before[scale]) or after[scale] >= before[scale]


@given(records)
def test_t_rises_with_every_raw_point(record: dict[str, int | None]) -> None:
    found = scores(record)
    for name in ("gph", "gmh"):
        raw, t = found[f"{name}_raw"], found[f"{name}_t"]
        assert np.isnan(raw) or (4 <= raw <= 20 and raw.is_integer() and 16.2 <= t <= 67.7)


@pytest.mark.parametrize(("code", "wrong"), [("global07", 11), ("global08", 0), ("global10", 6), ("global03", 2.5)])
def test_a_level_out_of_range_is_refused_by_name(code: str, wrong: float) -> None:
    record = {item.code: np.array([3.0]) for item in ITEMS} | {code: np.array([wrong])}
    with pytest.raises(AnswerError, match=f"{code} cannot be {wrong:g}"):
        score_instrument("promis_gh", record)
