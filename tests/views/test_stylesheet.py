"""The stylesheet and scripts of patients' pages as text: contrast by arithmetic, and what must not stand in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "surveys" / "static"
CSS = re.sub(r"/\*.*?\*/", "", (STATIC / "app.css").read_text(encoding="utf-8"), flags=re.DOTALL)
PAGES = [*(ROOT / "templates" / "patient").glob("*.html"), ROOT / "templates" / "base.html"]
SCRIPTS = [path for path in STATIC.glob("*.js") if path.name in "".join(page.read_text("utf-8") for page in PAGES)]
TEXT, CONTROL = 4.5, 3.0  # WCAG 2.2: 1.4.3 and 1.4.11
GROUNDS = ("paper", "ground", "tint")
READ = [
    *(("ink", ground) for ground in (*GROUNDS, "wrong-tint")),
    *(("soft", ground) for ground in GROUNDS),
    *(("accent", ground) for ground in GROUNDS),
    *(("wrong", ground) for ground in ("paper", "ground", "wrong-tint")),
    ("on-accent", "accent"),
]
SEEN = [
    *(("line", ground) for ground in GROUNDS),
    *(("focus", ground) for ground in (*GROUNDS, "wrong-tint")),
]
SIDED = re.compile(r"(?<![-\w])(?:\w+-)*(?:left|right)\s*:|:\s*(?:left|right)\s*[;}]")
MOVING = re.compile(r"\b(?:animation|transition|scroll-behavior|@keyframes)\b")


def colours(scheme: str) -> Mapping[str, str]:
    light, dark = re.findall(r":root\s*\{(.*?)\}", CSS, re.DOTALL)
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", light if scheme == "light" else dark))


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1. Source: WCAG 2.2, definition of relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_p13_contrast_is_reckoned_as_the_standard_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_p13_text_controls_and_focus_stand_out_in_both_schemes(scheme: str) -> None:
    of = colours(scheme)
    pale = {pair: contrast(of[pair[0]], of[pair[1]]) for pair in READ}
    faint = {pair: contrast(of[pair[0]], of[pair[1]]) for pair in SEEN}
    assert {pair: round(value, 2) for pair, value in pale.items() if value < TEXT} == {}
    assert {pair: round(value, 2) for pair, value in faint.items() if value < CONTROL} == {}


def test_p14_the_stylesheet_knows_no_left_and_right() -> None:
    assert SIDED.search("p { margin-left: 1px }")
    assert SIDED.search("p { text-align: right; }")
    assert SIDED.findall(CSS) == []


def test_p13_nothing_moves_by_itself() -> None:
    for path in (STATIC / "app.css", *SCRIPTS):
        assert MOVING.findall(path.read_text(encoding="utf-8")) == [], path.name
        assert "requestAnimationFrame" not in path.read_text(encoding="utf-8"), path.name


def test_p12_the_stylesheet_fetches_nothing() -> None:
    assert not re.findall(r"url\(|@import|@font-face", CSS)


def test_p05_p06_no_slider_and_nothing_that_sticks() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (*PAGES, *SCRIPTS))
    assert not re.findall(r"""type\s*=\s*["']?range""", sources)
    sticking = re.findall(r"([^{}]+)\{[^}]*position:\s*(?:sticky|fixed)", CSS)
    assert [selector.strip() for selector in sticking] == [".line"], "only what is said of the line"


def test_p11_there_is_no_service_worker() -> None:
    assert SCRIPTS
    assert not [path.name for path in SCRIPTS if "serviceWorker" in path.read_text(encoding="utf-8")]
