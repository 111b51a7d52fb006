"""Morphine milligram equivalents against the table of the CDC guideline of 2022.

Dowell et al., MMWR Recomm Rep 2022;71(RR-3):1-95, table "Morphine milligram equivalent doses for commonly prescribed
opioids for pain management", typed from it, with the two examples of its footnote.
"""

import pytest

from scoring.opioid_table import current_table
from scoring.opioids import Prescription, mme_per_day

TABLE = {
    ("codeine", "oral"): 0.15,
    ("fentanyl", "transdermal"): 2.4,  # in micrograms an hour
    ("hydrocodone", "oral"): 1.0,
    ("hydromorphone", "oral"): 5.0,
    ("methadone", "oral"): 4.7,
    ("morphine", "oral"): 1.0,
    ("oxycodone", "oral"): 1.5,
    ("oxymorphone", "oral"): 3.0,
    ("tapentadol", "oral"): 0.4,
    ("tramadol", "oral"): 0.2,
}


def test_the_factors_are_those_printed_and_no_other() -> None:
    assert {key: each.factor for key, each in current_table().factors.items()} == TABLE
    assert current_table().doi == "10.15585/mmwr.rr7103a1"


@pytest.mark.parametrize(
    ("drug", "mg", "times", "mme"), [("hydrocodone", 5, 4, 20), ("oxycodone", 10, 2, 30)], ids=["first", "second"]
)
def test_the_examples_of_the_footnote(drug: str, mg: float, times: float, mme: float) -> None:
    assert mme_per_day([Prescription(drug, "oral", "mg", mg, times_a_day=times)]).mme == mme


def test_a_patch_of_25_micrograms_an_hour_is_60_a_day() -> None:
    assert mme_per_day([Prescription("fentanyl", "transdermal", "mcg/h", 25)]).mme == pytest.approx(60)
