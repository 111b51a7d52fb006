"""Every preset threshold, typed from the literature; a scale offers these and no other."""

from collections.abc import Mapping, Sequence

import pytest

from scoring.instrument import find_scale, load_instruments

OSTELO, COPAY, PARAI = "Ostelo", "Copay", "Parai"
FARRAR_DWORKIN: list[tuple[float, str, str, str, str]] = [
    (2, "points", "responder", "Farrar", "high"),
    (30, "percent_of_baseline", "responder", "Dworkin", "high"),
    (50, "percent_of_baseline", "responder", "Dworkin", "high"),
]
PUBLISHED: Mapping[str, Sequence[tuple[float, str, str, str, str]]] = {
    "odi": [
        (10, "points", "mic", OSTELO, "high"),
        (30, "percent_of_baseline", "mic", OSTELO, "high"),
        (12.8, "points", "mic", COPAY, "medium"),
        (15, "points", "responder", "FDA", "low"),
        (18, "points", "mic", PARAI, "high"),
        (18, "points", "sdc", PARAI, "high"),
    ],
    "nrs_resting": FARRAR_DWORKIN,
    "nrs_active": FARRAR_DWORKIN,
    "nrs_back": [*FARRAR_DWORKIN, (2.7, "points", "mic", PARAI, "high"), (3.6, "points", "sdc", PARAI, "high")],
    "nrs_leg": [*FARRAR_DWORKIN, (3.2, "points", "mic", PARAI, "high"), (3.7, "points", "sdc", PARAI, "high")],
    "eq5d3l_index": [
        (0.03, "points", "mic", "Soer", "high"),
        (0.08, "points", "mic", "Suzuki", "high"),
        (0.10, "points", "mic", PARAI, "high"),
        (0.49, "points", "sdc", PARAI, "high"),
    ],
    "eq_vas": [(10.5, "points", "mic", "Soer", "high")],
}
SCALES = sorted({scale.code for each in load_instruments().values() for scale in each.scales})


@pytest.mark.parametrize("code", SCALES)
def test_a_scale_offers_the_published_thresholds_and_no_other(code: str) -> None:
    offered, published = find_scale(code).thresholds, PUBLISHED.get(code, [])
    assert [(each.value, each.unit, each.role, each.confidence) for each in offered] == [
        (value, unit, role, confidence) for value, unit, role, _source, confidence in published
    ]
    for each, (*_numbers, source, _confidence) in zip(offered, published, strict=True):
        assert source in each.source
        assert each.population
        assert each.method
        assert each.instrument_version


@pytest.mark.parametrize("code", ["gph_t", "gmh_t"])
def test_promis_has_no_preset_and_says_why(code: str) -> None:
    """Terwee et al. 2021 find 2 to 6 points of T plausible; that is no threshold for back pain."""
    scale = find_scale(code)
    assert scale.thresholds == ()
    assert "Terwee" in scale.threshold_note
    assert "no preset" in scale.threshold_note


@pytest.mark.parametrize("code", SCALES)
def test_every_scale_has_range_direction_missing_rule_version_and_codes(code: str) -> None:
    scale = find_scale(code)
    assert scale.minimum < scale.maximum
    assert scale.direction in ("higher_is_worse", "higher_is_better", "none")
    assert scale.missing
    assert scale.rule_version
    assert scale.codes


CODES = {
    "odi": ("loinc", "97909-6"),
    "eq5d3l_index": ("snomed", "1144655003"),
    "eq_vas": ("snomed", "736535009"),
    "gph_t": ("loinc", "71971-6"),
    "gph_raw": ("loinc", "71972-4"),
    "gmh_t": ("loinc", "71969-0"),
    "gmh_raw": ("loinc", "71970-8"),
}


@pytest.mark.parametrize(("scale", "system", "code"), [(scale, *named) for scale, named in CODES.items()])
def test_scales_carry_their_terminology_codes(scale: str, system: str, code: str) -> None:
    assert find_scale(scale).codes[system] == code


def test_panels_and_items_carry_their_loinc_codes() -> None:
    """LOINC 61577-3 to 61586-4 in the order of the items, as HL7's map from LOINC to ICF lists them."""
    instruments = load_instruments()
    panels = {code: instruments[code].codes["loinc"] for code in ("odi", "nrs11", "promis_gh")}
    assert panels == {"odi": "97908-8", "nrs11": "72514-3", "promis_gh": "85524-7"}
    assert [item.codes["loinc"] for item in instruments["promis_gh"].items] == (
        ["61577-3", "61578-1", "61579-9", "61580-7", "61581-5", "61582-3", "61583-1", "61584-9", "61585-6", "61586-4"]
    )
