"""The check of published sentences finds what each of the well-known ones lacks. The sentences are our own words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.claim_check import Share, Statement, check, parts_of, statement_of, understand
from scoring.claim_check.arithmetic import counts, cut_counts, fits
from scoring.claim_check.findings import Finding
from scoring.claim_check.sentences import SENTENCES

WHOLE = (
    "67 % (26/39; 95 % CI 51–79 %) reached the ODI MCID (≥ 10 points) at 12 months (±1 month), complete cases,"
    " versus 8 % (3/39; not randomised); adverse events were asked for."
)
PUBLISHED = {
    "Of 40 + 40 patients, 67 % versus 8 % reached the ODI MCID at 12 months.": {
        *("no_counts", "no_interval", "no_window", "no_threshold", "no_randomisation", "no_missing"),
    },
    "Pain reduction in 74 / 66 / 56 % of 40 patients at 3 / 6 / 12 months.": {
        *("impossible", "no_counts", "no_interval", "no_window", "no_threshold", "share_or_mean", "pain_unnamed"),
        *("no_comparison", "no_missing"),
    },
    "A 2-point reduction of pain (VAS) in 56 % at 12 months.": {
        *("vas_for_nrs", "no_operator", "no_denominator", "no_interval", "no_window", "no_missing"),
    },
    "Mean ODI 46.1 → 33.4 → 28.8 → 29.9 at 0, 1, 3 and 6 months, controls 44.3 → 45.9 → 47.3 → 48.9.": {
        *("means_bare", "no_window", "no_missing"),
    },
    "Fusion avoided by 24, 21 and 20 of 26 candidates at 12, 24 and 36 months (92, 81, 77 %).": {
        *("no_interval", "no_window", "censoring", "long_time", "no_comparison", "no_missing", "wilson"),
    },
    "Case report: pain at rest, active pain and functionality 1, 5, 33/40 → 0, 0, 39/40, 90 % improvement.": {
        *("one_person", "no_time", "stated_improvement", "unvalidated", "floor", "means_bare", "no_comparison"),
    },
    "29–42 % fell into a trajectory class with little or no benefit of surgery in 13 centres.": {
        *("span", "class_rule", "no_denominator", "no_interval", "no_time", "no_missing"),
    },
    "69 % were substantially improved or better (global perceived effect) at 6 years.": {
        *("anchor_relabelled", "anchor_merged", "no_denominator", "no_interval", "no_window", "long_time"),
        *("no_comparison", "no_missing"),
    },
}


def codes(sentence: str) -> set[str]:
    return {finding.code for finding in check(understand(sentence))}


@pytest.mark.parametrize("sentence", PUBLISHED)
def test_each_published_statement_is_found_to_lack_what_it_lacks(sentence: str) -> None:
    assert codes(sentence) >= PUBLISHED[sentence]


def test_a_whole_statement_lacks_nothing() -> None:
    found = check(understand(WHOLE))
    assert {finding.code for finding in found} == {"wilson", "not_randomised"}
    assert Finding("wilson", "note", {"count": "26", "n": "39", "percent": "67", "low": "51", "high": "79"}) in found


def test_no_count_of_39_or_40_is_66_percent() -> None:
    percent = Decimal(66)
    assert [counts(percent, of) for of in (38, 39, 40)] == [[25], [], []]
    assert cut_counts(percent, 39) == [26]  # 66.67: cut off, not rounded
    (found,) = [each for each in check(Statement(shares=(Share(percent),), sizes=(39,))) if each.code == "impossible"]
    assert found.sentence == "No whole number of 39 patients rounds to 66 %: 25 is 64.1 %, 26 is 66.7 %."
    assert "25/38" in found.question


@given(st.integers(1, 400), st.data(), st.integers(0, 2))
def test_every_true_percentage_fits_its_own_count(of: int, data: st.DataObject, digits: int) -> None:
    count = data.draw(st.integers(0, of))
    percent = round(Decimal(100 * count) / of, digits)
    assert fits(percent, count, of)
    assert count in counts(percent, of)


def test_counts_that_contradict_and_rates_beyond_everybody() -> None:
    assert "count_contradicts" in codes("70 % (26/39) of patients were better at 1 year.")
    assert "count_contradicts" in codes("67 % (39 of 26) were better.")
    assert "over_100" in codes("Function improved in 140 % of 50 patients.")
    assert "interval_misses" in codes("67 % (95 % CI 70 to 80 %) at 12 months.")


def test_measures_under_another_name() -> None:
    assert "disability_for_pain" in codes("Pain relief by the ODI in 60 % of 50 patients.")
    assert "disability_for_pain" not in codes("ODI improved in 60 %; pain relief (NRS) in 50 %.")
    assert "vas_for_nrs" not in codes("Pain fell by 20 mm or more than 20 points on the VAS in 60 %.")
    assert "two_pain_names" in codes("VAS (NRS) fell by at least 2 points in 60 %.")
    assert "anchor_relabelled" not in codes("50 % were much improved on the global perceived effect.")


def test_words_that_say_more() -> None:
    assert {"beyond_measure", "causal"} <= codes("Discs healed thanks to the injection in 60 %.")
    assert "causal" not in codes("Randomised: the injection was effective in 60 %.")


@pytest.mark.parametrize("sentence", [*PUBLISHED, WHOLE])
def test_what_was_understood_can_be_written_down_and_read_again(sentence: str) -> None:
    read = understand(sentence)
    assert statement_of(sentence, parts_of(read)) == read


@given(st.text(max_size=1500))
def test_any_text_is_read(text: str) -> None:
    for finding in check(understand(text)):
        assert finding.sentence
        assert finding.question
    statement_of(text, {"shares": text, "sizes": text, "interval": text, "threshold": text, "times": text})


@pytest.mark.parametrize("piece", ["1 , ", "1,", "1/", "9", "1 → ", "1 % and ", "1 of "])
def test_a_long_row_of_numbers_is_read_in_the_end(piece: str) -> None:
    check(understand(piece * 1000))


def test_every_finding_has_its_words() -> None:
    for words in SENTENCES.values():
        assert words.sentence.endswith(".")
        assert "?" in words.question
