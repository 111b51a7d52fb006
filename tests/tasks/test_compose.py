"""Every text in every language: nothing about health where a neighbour may read it (E1, E3)."""

from __future__ import annotations

import re
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from surveys.i18n import LANGUAGES
from surveys.protocols.loading import load_protocol_file
from tasks.compose import SUBJECT_LENGTH, Letter, compose

PROTOCOL = load_protocol_file(Path(__file__).parents[2] / "surveys" / "protocols" / "spine.toml")
STEPS = ("invitation", "reminder_1", "reminder_2", "reminder_3")
FORBIDDEN = re.compile(
    r"\b(spine|back pain|pain|dolor|schmerz\w*|rücken\w*|columna|espalda|disc|odi|nrs|eq-?5d|score|diagnos\w*"
    r"|treatment|tratamiento|behandlung|surgery|cirugía|operation|arm|chart|injection|ألم|علاج|جراحة)\b",
    re.IGNORECASE,
)
EVERY = list(product(LANGUAGES, STEPS, (False, True), PROTOCOL.timepoints))


def letter_of(language: str, step: str, started: bool, timepoint: object, first_name: str = "Ana") -> Letter:
    return Letter(
        language=language,
        step=step,
        started=started,
        timepoint=timepoint,  # type: ignore[arg-type]
        first_name=first_name,
        clinic="Riverside Clinic",
        phone="+44 20 7946 0000",
        until=date(2026, 3, 1),
        url="https://outcomes.example/q/TOKEN",
        opt_out_url="https://outcomes.example/u/TOKEN",
    )


@pytest.mark.parametrize(("language", "step", "started", "timepoint"), EVERY)
def test_a_mail_is_neutral_and_complete(language: str, step: str, started: bool, timepoint: object) -> None:
    content = compose(letter_of(language, step, started, timepoint))
    assert len(content.subject) <= SUBJECT_LENGTH
    assert len(content.html.encode()) <= 20_000
    for text in (content.subject, content.plain, content.html):
        assert not FORBIDDEN.search(re.sub(r'style="[^"]*"', "", text))
        assert "{" not in text
    for wanted in ("Ana", "/q/TOKEN", "/u/TOKEN", "+44 20 7946 0000", "2026"):
        assert wanted in content.plain
        assert wanted in content.html
    assert "<img" not in content.html


@pytest.mark.parametrize(
    ("language", "said", "way"),
    [
        ("en", "new numbness between your legs, new trouble with your bladder or bowel", "ltr"),
        ("es", "adormecimiento nuevo entre las piernas", "ltr"),
        ("de", "neue Taubheit zwischen den Beinen", "ltr"),
        ("ar", "خَدَرًا جديدًا بين ساقيك", "rtl"),
    ],
)
def test_each_mail_carries_the_same_safety_words_as_the_screens(language: str, said: str, way: str) -> None:
    content = compose(letter_of(language, "invitation", False, None))
    assert said in content.plain
    assert said in content.html
    assert f'<html lang="{language}" dir="{way}">' in content.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_started_and_not_started_read_differently(language: str) -> None:
    fresh, begun = (compose(letter_of(language, "reminder_1", s, PROTOCOL.timepoints[0])) for s in (False, True))
    assert fresh.plain != begun.plain


@pytest.mark.parametrize("language", LANGUAGES)
def test_preheaders_are_forty_to_ninety_characters(language: str) -> None:
    for step, started in product(STEPS, (False, True)):
        html = compose(letter_of(language, step, started, PROTOCOL.timepoints[3])).html
        found = re.search(r"overflow:hidden\">([^<]*)<", html)
        assert found
        assert 40 <= len(found.group(1)) <= 90


def test_a_hostile_name_stays_text() -> None:
    content = compose(letter_of("en", "invitation", False, None, "<script>{{7*7}}{clinic}"))
    assert "<script>" not in content.html
    assert "{{7*7}}{clinic}" in content.plain
