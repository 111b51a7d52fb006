"""E6: every text in every language, for every timepoint, step and company, says what it must and nothing of health."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from surveys.i18n import LANGUAGES
from surveys.letters import compose, compose_text
from surveys.letters.gsm import size
from tests.letters.lint import BASE, TIMEPOINTS, every, faults, forbidden_in, letter_of, others, read

CLINICS = (
    "Universitätsklinikum der Stadt am Fluss und der Berge Nord",
    '<b>Clinic</b> & "Sons" {7*7} {{first_name}} %s',
    "عيادة ضفة النهر الكبرى للرعاية الأولية والمتابعة",
    "St Mary's 🏥 Clinic",
    "X",
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_is_neutral_and_complete(language: str) -> None:
    letters = list(every(language))
    wrong = [fault for each in letters for fault in faults(each, compose(each))]
    assert wrong == []
    assert len(letters) >= 4 * 2 * 10 * 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("clinic", CLINICS)
def test_no_name_of_a_clinic_breaks_a_mail(language: str, clinic: str) -> None:
    letters = [replace(each, clinic=clinic) for each in every(language) if each.timepoint in (None, TIMEPOINTS[0])]
    assert [fault for each in letters for fault in faults(each, compose(each))] == []
    assert "<b>" not in compose(letters[0]).html


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_message_is_neutral_short_and_says_how_to_stop(language: str) -> None:
    for each in every(language):
        text = compose_text(each)
        assert forbidden_in(text, language) == []
        assert each.clinic in text
        assert "STOP" in text
        assert all(url in text for url in (each.url, *(part.url for part in each.others)))
        assert each.opt_out_url not in text
        assert "\n" not in text
        if not each.others:
            alphabet, most = ("UCS-2", 3) if language == "ar" else ("GSM-7", 1)
            assert (size(text).alphabet, size(text).segments <= most) == (alphabet, True), text


@pytest.mark.parametrize("language", ["en", "es", "de"])
@pytest.mark.parametrize("clinic", ["Clínica Ñandú del Río Grande y de la Costa, Sección Primera", "W" * 60, "Kurz"])
def test_a_clinics_name_is_shortened_before_a_text_becomes_two(language: str, clinic: str) -> None:
    text = compose_text(letter_of(language, "reminder_1", False, None, clinic=clinic))
    assert (size(text).alphabet, size(text).segments) == ("GSM-7", 1), text
    assert text.startswith(clinic.split(maxsplit=1)[0].replace("í", "i")[:11])


@pytest.mark.parametrize("language", LANGUAGES)
def test_started_and_not_started_and_the_last_read_differently(language: str) -> None:
    said = {
        (step, started): compose(letter_of(language, step, started, TIMEPOINTS[0])).plain
        for step in ("invitation", "reminder_1", "reminder_3")
        for started in (False, True)
    }
    assert len(set(said.values())) == 6
    texts = {compose_text(letter_of(language, step, started, None)) for step, started in said}
    assert len(texts) == 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_several_questionnaires_have_a_button_and_an_address_each(language: str) -> None:
    content = compose(letter_of(language, "invitation", False, TIMEPOINTS[1], others=others(2, started=True)))
    links = [link for link in read(content).links if "/q/" in link]
    assert len(links) == 6
    assert len(set(links)) == 3
    assert content.subject != compose(letter_of(language, "invitation", False, TIMEPOINTS[1])).subject


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("step", "along", "spoken"),
    [
        ("reminder_3", "invitation", "invitation"),
        ("reminder_1", "invitation", "invitation"),
        ("reminder_3", "reminder_2", "reminder_1"),
        ("reminder_3", "reminder_3", "reminder_3"),
    ],
)
def test_several_questionnaires_are_written_of_as_the_newest_of_them(
    language: str, step: str, along: str, spoken: str
) -> None:
    of = letter_of(language, step, False, TIMEPOINTS[1], others=others(1, started=False, step=along))
    alike = letter_of(language, spoken, False, TIMEPOINTS[1], others=others(1, started=False, step=spoken))
    assert compose(of) == compose(alike)
    assert compose_text(of) == compose_text(alike)


def test_the_minutes_are_those_of_the_first_screen_and_of_all_questionnaires() -> None:
    one = letter_of("en", "invitation", False, None)
    assert "It takes about 6 minutes." in compose(replace(one, screens=28)).plain
    assert "It takes about 2 minutes." in compose(replace(one, screens=1)).plain
    two = replace(one, screens=28, others=(replace(others(1, started=False)[0], screens=28),))
    assert "about 12 minutes." in compose(two).plain


def test_one_week_and_one_month_are_no_plurals() -> None:
    soon = replace(TIMEPOINTS[0], months=None, weeks=1)
    for timepoint, said in ((soon, "de 1 semana "), (replace(soon, months=1, weeks=None), "de 1 mes ")):
        assert f"cuestionario {said}" in compose(letter_of("es", "invitation", False, timepoint)).plain


def test_an_address_holds_a_token_and_nothing_else() -> None:
    for each in every("en"):
        for url in re.findall(r"https?://\S+", compose(each).plain):
            split = urlsplit(url)
            assert f"{split.scheme}://{split.netloc}" == BASE
            assert re.fullmatch(r"/[qu]/[\w.-]+", split.path)
            assert (split.query, split.fragment) == ("", "")


@pytest.mark.parametrize(
    ("language", "said", "way"),
    [
        ("en", "new numbness between your legs, new trouble with your bladder or bowel", "ltr"),
        ("es", "adormecimiento nuevo entre las piernas", "ltr"),
        ("de", "ein neues Taubheitsgefühl zwischen den Beinen", "ltr"),
        ("ar", "خَدَرًا جديدًا بين ساقيك", "rtl"),
    ],
)
def test_each_mail_carries_the_same_safety_words_as_the_screens(language: str, said: str, way: str) -> None:
    content = compose(letter_of(language, "invitation", False, None))
    assert said in content.plain
    assert said in content.html
    assert f'<html lang="{language}" dir="{way}">' in content.html


def test_a_hostile_name_stays_text() -> None:
    content = compose(letter_of("en", "invitation", False, None, "<script>{{7*7}}{clinic}"))
    assert "<script>" not in content.html
    assert "{{7*7}}{clinic}" in content.plain


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Your ODI is due", "en"),
        ("You are in the conventional arm", "en"),
        ("Su dolor", "es"),
        ("Deine Behandlung", "de"),
        ("استبيان الألم", "ar"),
    ],
)
def test_the_lint_finds_what_it_is_for(said: str, language: str) -> None:
    assert forbidden_in(said, language)


def test_the_lint_finds_a_link_elsewhere_and_what_the_plain_text_lacks() -> None:
    fine = letter_of("en", "invitation", False, None)
    content = compose(fine)
    assert faults(fine, content) == []
    tracked = replace(content, html=content.html.replace(fine.url, "https://clicks.example/x"))
    assert len(faults(fine, tracked)) == 3
    assert faults(fine, replace(content, plain=content.plain.replace("2026", "")))
    assert faults(fine, replace(content, html=content.html + '<img src="cid:1">'))


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "segments"),
    [
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("ç" * 70, "UCS-2", 70, 1),
        ("ا" * 71, "UCS-2", 71, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        ("", "GSM-7", 0, 1),
    ],
)
def test_a_text_is_as_long_as_the_carrier_counts_it(text: str, alphabet: str, units: int, segments: int) -> None:
    measured = size(text)
    assert (measured.alphabet, measured.units, measured.segments) == (alphabet, units, segments)
