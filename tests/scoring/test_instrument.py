"""Instrument files: what is wrong with one is named by file, key and reason."""

from pathlib import Path

import pytest

from scoring.errors import InstrumentError, ScoringError
from scoring.instrument import find_scale, load_folder, load_instrument, load_instruments

GOOD = """
code = "steps"
name = "Steps"
version = "1"
licence = "our own"
recall = "today"
needs_licence = false

[[items]]
code = "walk"
label = "Walking"
kind = "choice"
minimum = 0
maximum = 4

[[scales]]
code = "steps"
label = "Steps"
minimum = 0
maximum = 4
unit = "points"
direction = "higher_is_better"
missing = "unanswered: no score"
rule_version = "steps-1"

[[scales.thresholds]]
value = 2
unit = "points"
role = "mic"
source = "Nobody 2020"
population = "walkers"
method = "anchor"
instrument_version = "1"
confidence = "low"
"""
PERCENT = GOOD[GOOD.index("minimum = 0\nmaximum = 4\nunit") : GOOD.index("role = ")]
NEGATIVE = PERCENT.replace("minimum = 0", "minimum = -1").replace(
    '2\nunit = "points"', '2\nunit = "percent_of_baseline"'
)
SECOND_ITEM = '[[items]]\ncode = "walk"\nlabel = "L"\nkind = "choice"\nminimum = 0\nmaximum = 4\n[[scales]]'


def write(folder: Path, text: str, name: str = "steps") -> Path:
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_good_file_loads(tmp_path: Path) -> None:
    instrument = load_instrument(write(tmp_path, GOOD))
    assert instrument.item("walk").levels == (0, 1, 2, 3, 4)
    assert instrument.item("walk").recall == "today"
    assert instrument.scale("steps").thresholds[0].confidence == "low"
    assert (instrument.scale("steps").best, instrument.scale("steps").worst) == (4, 0)


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('version = "1"\nlicence', "licence", "version", "is missing"),
        ('name = "Steps"', 'name = " "', "name", "must not be blank"),
        ('name = "Steps"', "name = 3", "name", "must be text"),
        ('name = "Steps"', 'name = "Steps"\ncolour = "red"', "colour", "is not a known key"),
        ('kind = "choice"', 'kind = "slider"', "items[0].kind", "must be one of choice, number, boolean"),
        ('kind = "choice"', 'kind = "boolean"', "items[0].kind", "from 0 to 1"),
        ('kind = "choice"', 'kind = "choice"\ncolor = 1', "items[0].color", "is not a known key"),
        ('kind = "choice"', 'kind = "choice"\noptional = 1', "items[0].optional", "true or false"),
        ('kind = "choice"', 'kind = "choice"\nlevel_names = ["a"]', "items[0].level_names", "1 of 5 levels"),
        ('kind = "choice"', 'kind = "choice"\nlevel_names = [1]', "items[0].level_names", "list of texts"),
        ('kind = "choice"', 'kind = "choice"\ncodes = { a = 1 }', "items[0].codes", "table of texts"),
        ("maximum = 4\n\n", "maximum = 0\n\n", "items[0].maximum", "must be above minimum (0), not 0"),
        ("minimum = 0\nmaximum = 4\n\n", "minimum = true\nmaximum = 4\n\n", "items[0].minimum", "whole number"),
        ("maximum = 4\n\n", "maximum = 99999999999999\n\n", "items[0].maximum", "more than 1001 levels"),
        ('label = "Walking"', 'label = "Walk\\u0000ing"', "items[0].label", "control characters"),
        ("maximum = 4\nunit", "maximum = -1\nunit", "scales[0].maximum", "must be above minimum"),
        ('"higher_is_better"', '"up"', "scales[0].direction", "must be one of"),
        ("value = 2", "value = 0", "scales[0].thresholds[0].value", "must be above 0"),
        ("value = 2", "value = nan", "scales[0].thresholds[0].value", "below a billion, not nan"),
        ("value = 2", "value = inf", "scales[0].thresholds[0].value", "below a billion, not inf"),
        ("value = 2", f"value = {'9' * 400}", "scales[0].thresholds[0].value", "below a billion"),
        ("value = 2", "value = 5", "scales[0].thresholds[0].value", "more than anybody can change"),
        ("minimum = 0\nmaximum = 4\nunit", "minimum = nan\nmaximum = 4\nunit", "scales[0].minimum", "must be a number"),
        ('code = "walk"', 'code = "Walk, far"', "items[0].code", "a code of a-z"),
        ('code = "steps"\nlabel', 'code = "steps-1"\nlabel', "scales[0].code", "a code of a-z"),
        ('kind = "choice"', 'kind = "choice"\nrecall = ""', "items[0].recall", "must not be blank"),
        ("value = 2", "", "scales[0].thresholds[0].value", "is missing"),
        ('source = "Nobody 2020"', "", "scales[0].thresholds[0].source", "is missing"),
        ("needs_licence = false\n", "", "needs_licence", "is missing"),
        ('recall = "today"', 'recall = "today"\nmax_missing = 1', "max_missing", "between 0 and 0"),
        ('code = "steps"\nname', 'code = "stairs"\nname', "code", "must be the file's name"),
        ("[[scales]]", SECOND_ITEM, "items[1].code", "is used twice"),
        (PERCENT, NEGATIVE, "scales[0].thresholds[0].unit", "can be negative"),
        ("[[items]]", "[items]", "items", "must be an array of tables"),
        ('code = "steps"', 'code = "steps', "(syntax)", "line 2"),
        ('version = "1"', f"version = {'[' * 20_000}", "(syntax)", "nested too deeply"),
        ("minimum = 0", f"minimum = {'1' * 5_000}", "(syntax)", "4300 digits"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path: Path, old: str, new: str, key: str, reason: str) -> None:
    assert old in GOOD
    with pytest.raises(InstrumentError) as refusal:
        load_instrument(write(tmp_path, GOOD.replace(old, new, 1)))
    assert (refusal.value.file, refusal.value.key) == ("steps.toml", key)
    assert reason in refusal.value.reason


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "steps.toml"
    file.write_bytes(b"code = '\xff'")
    with pytest.raises(InstrumentError, match=r"steps\.toml"):
        load_instrument(file)


def test_items_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    text = GOOD.partition("[[items]]")[0] + "items = [1]\n"
    with pytest.raises(InstrumentError, match="must be a table"):
        load_instrument(write(tmp_path, text))


def test_an_instrument_without_scales_is_refused(tmp_path: Path) -> None:
    text = GOOD[: GOOD.index("[[scales]]")]
    with pytest.raises(InstrumentError, match="scales: is missing"):
        load_instrument(write(tmp_path, text))


def test_two_instruments_may_not_contradict_each_other_on_a_scale(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    other = GOOD.replace('code = "steps"\nname', 'code = "two"\nname').replace("maximum = 4\nunit", "maximum = 8\nunit")
    write(tmp_path, other, "two")
    with pytest.raises(InstrumentError, match="differs from the scale 'steps'"):
        load_folder(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstrumentError, match="holds no instrument"):
        load_folder(tmp_path)


SECTIONS = """
pain_intensity personal_care lifting walking sitting standing sleeping sex_life social_life travelling
"""
DIMENSIONS = "mobility self_care usual_activities pain_discomfort anxiety_depression vas"


@pytest.mark.parametrize(
    ("code", "items"),
    [
        ("odi", SECTIONS),
        ("eq5d3l", DIMENSIONS),
        ("nrs11", "resting active back leg"),
        ("functionality_total", "total"),
        ("gpe7", "gpe"),
        ("pgic7", "pgic"),
        ("satisfaction", "satisfaction"),
        ("opioids", "any_opioid"),
        ("promis_gh", " ".join(f"global{number:02d}" for number in range(1, 11))),
        ("improvement", "improvement"),
    ],
)
def test_the_public_item_codes_do_not_change(code: str, items: str) -> None:
    assert [item.code for item in load_instruments()[code].items] == items.split()


@pytest.mark.parametrize("code", sorted(load_instruments()))
def test_every_threshold_says_where_it_comes_from(code: str) -> None:
    for scale in load_instruments()[code].scales:
        assert all(each.source and each.population and each.method for each in scale.thresholds)


def test_functionality_has_no_published_threshold_and_says_so() -> None:
    instrument = load_instruments()["functionality"]
    assert "not validated" in instrument.name
    assert not instrument.validated
    assert instrument.scale("functionality").thresholds == ()


def test_an_unknown_scale_is_refused_with_the_list() -> None:
    with pytest.raises(ScoringError, match="nrs_active"):
        find_scale("nrs")
