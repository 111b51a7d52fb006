"""Opioid dose: added up where every part is known, refused with its reason where one is not."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import AnswerError, InstrumentError
from scoring.opioid_table import CURRENT, current_table, load_factor_table
from scoring.opioids import Prescription, mme_per_day

TRAMADOL = Prescription("tramadol", "oral", "mg", 50, times_a_day=3)
PATCH = Prescription("fentanyl", "transdermal", "mcg/h", 12)

known = st.sampled_from(sorted(current_table().factors.items()))
amounts = st.floats(0.5, 20)


@st.composite
def prescriptions(draw: st.DrawFn) -> Prescription:
    (drug, route), factor = draw(known)
    return Prescription(drug, route, factor.unit, draw(amounts), times_a_day=1)


def test_nothing_recorded_is_not_the_same_as_none_taken() -> None:
    assert mme_per_day(None).mme is None
    assert mme_per_day(None).note == "not evaluable, because opioids were not recorded"
    assert mme_per_day([]).mme == 0
    assert mme_per_day([]).note == ""


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Prescription("buprenorphine", "transdermal", "mcg/h", 10), "buprenorphine is a partial agonist"),
        (replace(TRAMADOL, as_needed=True), "tramadol is taken as needed"),
        (replace(TRAMADOL, amount=None), "the dose of tramadol is not known"),
        (replace(TRAMADOL, times_a_day=None), "the dose of tramadol is not known"),
        (Prescription("", "oral", "mg", 5), "a drug is not named"),
        (Prescription("Wonderdrug", "oral", "mg", 5), "the drug 'Wonderdrug' has no factor"),
        (Prescription("morphine", "intravenous", "mg", 5), "morphine has no factor by route 'intravenous'"),
    ],
)
def test_one_part_that_cannot_be_told_makes_the_day_not_evaluable(given: Prescription, why: str) -> None:
    dose = mme_per_day([PATCH, given])
    assert dose.mme is None
    assert why in dose.note


def test_every_reason_is_named() -> None:
    dose = mme_per_day([replace(TRAMADOL, amount=None), replace(PATCH, as_needed=True)])
    assert dose.reasons == ("the dose of tramadol is not known", "fentanyl is taken as needed")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (replace(PATCH, unit="mg"), "fentanyl (transdermal) is entered in mcg/h, not in 'mg'"),
        (replace(TRAMADOL, amount=-5), "amount must be a number above 0, not -5"),
        (replace(TRAMADOL, amount=0), "leave it out if unknown"),
        (replace(TRAMADOL, amount=float("nan")), "not nan"),
        (replace(TRAMADOL, times_a_day=float("inf")), "times a day must be a number above 0, not inf"),
        (replace(PATCH, times_a_day=24), "a patch works all day"),
        (replace(TRAMADOL, amount=500_000), "beyond anything plausible"),
    ],
)
def test_a_slip_of_the_pen_is_refused(wrong: Prescription, sentence: str) -> None:
    with pytest.raises(AnswerError, match=re.escape(sentence)):
        mme_per_day([wrong])


def test_names_are_read_as_people_write_them() -> None:
    assert mme_per_day([replace(TRAMADOL, drug=" Tramadol ", route="Oral")]).mme == pytest.approx(30)


@given(st.lists(prescriptions(), max_size=5), prescriptions())
def test_a_further_drug_always_adds_its_own_dose(taken: list[Prescription], further: Prescription) -> None:
    before, alone, after = (mme_per_day(each).mme for each in (taken, [further], [*taken, further]))
    assert before is not None
    assert alone is not None
    assert alone > 0
    assert after == pytest.approx(before + alone)


def test_a_dose_says_by_which_table_it_was_added_up(tmp_path: Path) -> None:
    assert mme_per_day([TRAMADOL]).table_version == "cdc-2022"
    file = tmp_path / "next.toml"
    text = CURRENT.read_text(encoding="utf-8").replace("cdc-2022", "next").replace("factor = 0.2", "factor = 0.4")
    file.write_text(text, encoding="utf-8")
    other = mme_per_day([TRAMADOL], load_factor_table(file))
    assert other.mme == pytest.approx(60)
    assert other.table_version == "next"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("factor = 0.2", "factor = 0", "must be above 0"),
        ('unit = "mcg/h"', 'unit = "mg/h"', "must be one of mg, mcg/h"),
        ('drug = "tapentadol"', 'drug = "tramadol"', "stand there twice"),
        ('version = "cdc-2022"', "", "version: is missing"),
        ("[[scales]]", "scales = []\n[[other]]", "scales: must hold the one scale"),
    ],
)
def test_a_faulty_table_is_refused_by_key(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    text = CURRENT.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "faulty.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InstrumentError, match=sentence):
        load_factor_table(file)
