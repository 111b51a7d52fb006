"""``python -m scoring instruments`` and ``valuesets``: what there is, for people and for programs."""

import csv
import io
import json

import pytest

from scoring.instrument import load_instruments
from tests.scoring.test_command_line import run


def rows(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run(*arguments, "--format", "csv").stdout)))


def test_every_value_set_says_method_quality_and_doi() -> None:
    sets = {row["id"]: row for row in rows("valuesets")}
    assert len(sets) == 44
    assert (sets["UK_TTO"]["quality"], sets["UK_TTO"]["doi"]) == ("agreed", "10.1097/00005650-199711000-00002")
    assert float(sets["UK_TTO"]["lowest"]) == pytest.approx(-0.594)
    assert (sets["Iran_VAS"]["quality"], sets["Iran_VAS"]["refused_unless_forced"]) == ("contradicted", "yes")
    assert "Unverified" in sets["Russia_TTO"]["caution"]
    assert sets["Spain_VAS"]["doi"] == ""


def test_a_reader_sees_method_ends_and_flag_of_a_set() -> None:
    text = run("valuesets").stdout
    assert "TTO, UK, -0.594 to 1.000, independent packages agree, doi 10.1097" in text
    assert "VAS, Iran, -0.086 to 1.000, contradicted by independent packages" in text


def test_scales_and_thresholds_come_with_their_sources() -> None:
    document = json.loads(run("instruments", "--format", "json").stdout)
    scales = {row["scale"]: row for row in document["scales"]}
    assert set(scales) == {scale.code for each in load_instruments().values() for scale in each.scales}
    assert scales["gph_t"]["codes"] == "loinc:71971-6"
    assert (scales["odi"]["direction"], scales["odi"]["maximum"]) == ("higher_is_worse", 100)
    leg = [row for row in document["thresholds"] if row["scale"] == "nrs_leg" and row["role"] == "sdc"]
    assert [(row["value"], row["source"]) for row in leg] == [(3.7, "Parai et al. 2020, Swespine")]
    assert {row["section"] for row in rows("instruments")} == {"scale", "threshold"}


def test_a_reader_is_told_why_promis_has_no_preset() -> None:
    assert "note: Terwee et al. 2021: 2 to 6 points of T are plausible" in run("instruments").stdout
