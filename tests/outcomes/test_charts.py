"""Drawings say what they are given: places, lengths, words."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from surveys.outcomes.charts.axes import Span, foot, ticks, widened
from surveys.outcomes.charts.bars import NO_AXIS, bar_chart
from surveys.outcomes.charts.beneath import Beneath
from surveys.outcomes.charts.distribution import share_chart
from surveys.outcomes.charts.marks import AtRisk, Bar, CurvePoint, Fall, Stack
from surveys.outcomes.charts.stacked import stacked_chart
from surveys.outcomes.charts.survival import survival_chart
from surveys.outcomes.charts.waterfall import waterfall_chart
from surveys.outcomes.distribution import Step
from surveys.outcomes.drawing import COLOURS, allowed

WIDTH = 500
PLACED = re.compile(
    r'text-anchor="(\w+)" transform="translate\(([-\d.]+),[-\d.]+\)" font-size="([\d.]+)px"[^>]*>([^<]*)'
)


@pytest.mark.parametrize(
    ("low", "high", "count", "places"),
    [
        (1, 10, 5, [2, 4, 6, 8, 10]),  # the example of d3-array's documentation
        (0, 100, 7, [0, 20, 40, 60, 80, 100]),
        (0, 10, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (-0.594, 1, 5, [-0.5, 0, 0.5, 1]),
        (3, 3, 5, [3]),
    ],
)
def test_ticks_stand_at_round_places(low: float, high: float, count: int, places: list[float]) -> None:
    assert [value for value, _words in ticks(low, high, count)] == pytest.approx(places)


def test_numbers_of_an_axis_are_as_exact_as_their_steps() -> None:
    assert [words for _value, words in ticks(-0.594, 1, 5)] == ["−0.5", "0.0", "0.5", "1.0"]
    assert [words for _value, words in ticks(-20, 20, 4)] == ["−20", "−10", "0", "10", "20"]


def test_an_axis_ends_at_round_places_around_its_values() -> None:
    assert widened(-47, 61) == (-50, 70)
    assert widened(0, 0) == (0, 1)


@pytest.mark.parametrize("width", [60, 120, 250, 560])
def test_no_label_of_an_axis_runs_into_another(width: int) -> None:
    at = [(float(month), str(month)) for month in (0, 1, 3, 6, 12, 18, 24, 36, 48, 60, 72)]
    drawn = "".join(foot(Span(0, 72, 0, width), 100, at, ["Months"]))
    ends = [_ends(*found) for found in PLACED.findall(drawn) if found[3].isdigit()]
    assert len(ends) >= 2
    assert all(left[1] <= right[0] for left, right in pairwise(ends))


def _ends(anchor: str, x: str, size: str, words: str) -> tuple[float, float]:
    """Where a word begins and ends in a font whose numbers are as wide as in most."""
    room = len(words) * float(size) * 0.56
    left = float(x) - {"start": 0, "middle": room / 2, "end": room}[anchor]
    return left, left + room


def test_a_bar_is_as_long_as_its_share() -> None:
    bars = [Bar("m12", "Treated", 26, 39, 0, (0.5, 0.8), (0.4, 0.9)), Bar("m12", "Other", 0, 10, 1, None)]
    drawn = allowed(bar_chart(bars, {"m12": "12 months"}, ["Responders"], width=WIDTH))
    lengths = re.findall(rf'd="M0,[\d.]+H([\d.]+)V[^"]*" fill="({"|".join(COLOURS)})"', drawn)
    assert lengths == [(f"{WIDTH * 26 / 39:.1f}", COLOURS[0])]
    assert "Treated: 26/39, 67 % (50 to 80)" in drawn
    assert "Other: 0/10, 0 %" in drawn
    assert drawn.count("stroke-dasharray") == 1


def test_a_long_name_is_cut_and_its_numbers_never() -> None:
    bars = [Bar("m12", "Bone marrow concentrate (none of them operated on)", 26, 39, 0, (0.5, 0.8))]
    drawn = allowed(bar_chart(bars, {"m12": "12 months"}, ["Responders"], width=250))
    (label,) = [found for found in PLACED.findall(drawn) if "26/39" in found[3]]
    assert label[3].endswith("…: 26/39, 67 %")
    assert _ends(*label)[1] <= 250 + NO_AXIS


@pytest.mark.parametrize(("upper", "lower"), [(1.0, 1.0), (0.94, 0.9), (0.8, 0.3)])
def test_no_curve_runs_through_a_name(upper: float, lower: float) -> None:
    ends = {"Conventional": upper, "Treated": lower}
    points = [
        CurvePoint(name, name, months, share, None, None)
        for name, end in ends.items()
        for months, share in ((0, 1.0), (12, end))
    ]
    drawn = survival_chart(points, [AtRisk("Treated", 0, 9)], "Without", list(ends), width=WIDTH)
    bases = [float(re.findall(rf",([-\d.]+)[)][^>]*font-weight[^>]*>{name}<", drawn)[0]) for name in ends]
    assert max(bases) < -4  # below zero is above the plot
    assert bases[1] - bases[0] >= 14


LONG = "Bone marrow concentrate after two earlier injections"


def test_long_names_and_headings_stay_within_a_phones_drawing() -> None:
    falls = [Fall("a", LONG, 1, 5.0, True, 3, 39, 26)]
    steps = [Step("a", LONG, 5.0, 20, 40, 0.5)]
    points = [CurvePoint("a", LONG, months, 1.0, None, None) for months in (0, 12)]
    bars = [Bar("t", "PRP", 1, 2, 0, None)]
    drawings = [
        waterfall_chart(falls, "Points", 3.0, ["a"], width=250),
        share_chart(steps, "Points", 3.0, ["a"], width=250),
        survival_chart(points, [AtRisk(LONG, 0, 9)], "Without", ["a"], width=250),
        bar_chart(bars, {"t": f"{LONG}, {LONG}: 30 per cent or more"}, ["Responders"], width=250),
    ]
    for drawn in drawings:
        root = ElementTree.fromstring(drawn)  # noqa: S314
        room = float(root.attrib["width"])
        left = float(re.findall(r"translate\(([\d.]+)", drawn)[0])
        for each in (each for each in root.iter() if each.tag.endswith("text")):
            anchor, place = each.get("text-anchor", ""), each.get("transform", "")
            if "rotate" not in place:
                x = re.findall(r"translate\(([-\d.]+)", place)[0]
                begin, end = _ends(anchor, x, each.get("font-size", "")[:-2], each.text or "")
                assert begin + left >= 0, each.text
                assert end + left <= room, each.text
    assert "26/39" in drawings[0]
    assert "50 %" in drawings[1]
    assert "30 per cent or more" in re.sub(r"</text><text[^>]*>", " ", drawings[3])


def test_the_parts_of_a_stack_stand_side_by_side() -> None:
    stacks = [Stack("m1", (1, 0, 3), ("in full", "short"))]
    drawn = stacked_chart(stacks, {"m1": "1 month"}, ["best", "middle", "worst"], ["Share"], width=WIDTH)
    chips, parts = 3, re.findall(r'd="M([\d.]+),[\d.]+H([\d.]+)V', drawn)
    places = [(float(left) / WIDTH, float(right) / WIDTH) for left, right in parts[chips:]]
    assert [place for pair in places for place in pair] == pytest.approx([0, 0.25, 0.25, 1], abs=0.005)


def test_every_patient_of_a_waterfall_is_seen_who_changed_nothing_too() -> None:
    falls = [Fall("a", "A", at + 1, change, at == 0, 3, 3, 1) for at, change in enumerate((30.0, 0.0, -10.0))]
    drawn = waterfall_chart(falls, "Improvement", 10.0, ["a", "b"], width=WIDTH)
    boxes = re.findall(r"M[\d.]+,([\d.]+)H[\d.]+V([\d.]+)H[\d.]+Z", drawn)
    heights = [float(bottom) - float(top) for top, bottom in boxes]
    assert len(heights) == 3
    assert 0 < heights[1] < heights[2] < heights[0]
    assert heights[0] / heights[2] == pytest.approx(3, rel=0.05)


def test_every_arm_has_a_line_for_its_name_and_one_for_its_numbers() -> None:
    at_risk = {"Bone marrow concentrate": [(0.0, 123456), (12.0, 80)], "PRP": [(0.0, 1)]}
    beneath = Beneath(at_risk, Span(-0.5, 12, 0, 250))
    drawn = re.findall(r"translate\([-\d.]+,([\d.]+)\)[^>]*>([^<]*)", "".join(beneath.drawn(100)))
    assert [words for _y, words in drawn] == ["Bone marrow concentrate", "123456", "80", "PRP", "1"]
    heights = [float(y) for y, _words in drawn]
    assert heights[1] == heights[2]
    lines = [heights[0], *heights[2:]]
    assert all(lower - upper >= 14 for upper, lower in pairwise(lines))
    assert 100 + beneath.below > lines[-1]


@pytest.mark.parametrize("words", ["javascript:void", "A style=b", "An onclick=x", "<style> & 'q' \"javascript:\" >"])
def test_words_may_say_what_marks_may_not(words: str) -> None:
    bars = [Bar("m1", words, 1, 2, 0, None)]
    drawn = allowed(bar_chart(bars, {"m1": words}, [words], width=WIDTH))
    texts = [each.text for each in ElementTree.fromstring(drawn).iter() if each.tag.endswith("text")]  # noqa: S314
    assert words in texts


@pytest.mark.parametrize(
    "marks",
    [
        *(
            "<style>a</style>",
            "<SCRIPT/>",
            "<foreignObject/>",
            '<g fill="a>b" style="c"/>',
            '<g title="x" onClick = "a"/>',
        ),
        *('<a href="javascript:x"/>', '<a href=" JavaScript:x"/>', '<a title="b" href="javascript:x"/>'),
    ],
)
def test_marks_that_the_policy_blocks_are_found(marks: str) -> None:
    with pytest.raises(ValueError, match="styles or scripts"):
        allowed(f"<svg><text>a</text>{marks}<text>b</text></svg>")


def test_words_cannot_become_marks() -> None:
    bars = [Bar("m1", "<script>alert(1)</script> & co", 1, 2, 0, None)]
    drawn = allowed(bar_chart(bars, {"m1": "<b>"}, ["a"], width=WIDTH))
    texts = [each.text for each in ElementTree.fromstring(drawn).iter() if each.tag.endswith("text")]  # noqa: S314
    assert "<script>alert(1)</script> & co: 1/2, 50 %" in texts
    assert "<b>" in texts
