"""Every item has its sentences in every language, and a faulty wording is refused by key and reason."""

from pathlib import Path

import pytest

from scoring.instrument import load_instruments
from surveys.wordings import (
    FOLDER,
    Wording,
    WordingError,
    load_folder,
    load_wordings,
    parse_wording,
    wording_for,
)
from surveys.wordings.packs import without_licence

LANGUAGES = ("en", "es", "de", "ar")
GPE = (FOLDER / "en" / "gpe7.toml").read_text(encoding="utf-8")
NEVER_SHOWN = (
    *("bed-bound", "bedbound", "bed bound", "crippl", "exaggerat", "exagera", "postrad", "encamad"),
    *("bettlägerig", "verkrüppelt", "übertrieben", "طريح الفراش", "مقعد عن", "مبالغ"),
)


def shown(wording: Wording) -> list[str]:
    texts = [wording.title, wording.recall]
    for item in wording.items:
        texts += [item.text, item.hint, *item.levels.values()]
    return texts


every_wording = pytest.mark.parametrize(
    "wording", load_wordings().values(), ids=lambda wording: str(wording.wording_id)
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_patient_reported_instrument_speaks_each_language(language: str) -> None:
    assert {code for code, spoken in load_wordings() if spoken == language} == set(load_instruments())


@every_wording
def test_every_item_and_level_has_a_text(wording: Wording) -> None:
    for item in load_instruments()[wording.instrument].items:
        texts = wording.item(item.code)
        assert texts.text
        assert tuple(texts.levels) == (() if item.kind == "number" else item.levels)


@every_wording
def test_no_band_word_reaches_a_patient(wording: Wording) -> None:
    assert not [text for text in shown(wording) for word in NEVER_SHOWN if word in text.lower()]


@every_wording
def test_levels_fit_a_phone_and_questions_are_short(wording: Wording) -> None:
    assert max((len(text) for item in wording.items for text in item.levels.values()), default=0) <= 80
    assert max(len(item.text) for item in wording.items) <= 110


@pytest.mark.parametrize(
    ("language", "lowest", "highest"),
    [
        ("en", "0 No pain", "10 Worst pain you can imagine"),
        ("es", "0 Sin dolor", "10 El peor dolor que pueda imaginar"),
        ("de", "0 Kein Schmerz", "10 Schlimmster vorstellbarer Schmerz"),
        ("ar", "0 لا ألم", "10 أسوأ ألم يمكنني تخيله"),
    ],
)
def test_pain_anchors_are_part_of_the_rows(language: str, lowest: str, highest: str) -> None:
    for item in wording_for("nrs11", language).items:
        assert list(item.levels.values()) == [lowest, *map(str, range(1, 10)), highest]


def test_what_was_not_translated_is_served_in_english_and_says_so() -> None:
    assert wording_for("odi", "fr").language == "en"
    assert wording_for("odi", "es-MX").language == "es"
    with pytest.raises(KeyError):
        wording_for("sf36", "en")


def test_only_instruments_under_licence_are_refused_in_production() -> None:
    refused = without_licence(load_wordings().values())
    licensed = ("odi", "eq5d3l", "promis_gh")
    assert set(refused) == {f"{code}.{language}.working.1" for code in licensed for language in LANGUAGES}


def test_the_hash_changes_with_any_text_and_with_nothing_else() -> None:
    original = parse_wording(GPE, "gpe7.toml").hash
    assert parse_wording(GPE + "\n# a remark\n", "gpe7.toml").hash == original
    assert parse_wording(GPE.replace("Unchanged", "The same"), "gpe7.toml").hash != original
    assert len(original) == 64


def test_arabic_runs_from_right_to_left() -> None:
    assert parse_wording(GPE.replace('"en"', '"ar"'), "gpe7.toml").direction == "rtl"
    assert wording_for("odi", "ar").direction == "rtl"
    assert wording_for("odi", "es").direction == "ltr"


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('instrument = "gpe7"', 'instrument = "gpe9"', "instrument", "must be one of"),
        ('status = "working"', 'status = "draft"', "status", "one of working, licensed"),
        ('title = "Overall change"', 'title = "O"\nauthor = "us"', "author", "not a known key"),
        ('title = "Overall change"', 'title = " "', "title", "blank"),
        ('title = "Overall change"', "title = ", "(syntax)", "Invalid value"),
        ('code = "gpe"', 'code = "change"', "code", "must be one of gpe"),
        ('7 = "Worse than ever"', "", "items.gpe.levels", "must hold exactly 1, 2, 3, 4, 5, 6, 7"),
        ('7 = "Worse than ever"', '7 = "Unchanged"', "items.gpe.levels", "a text of its own"),
        ('7 = "Worse than ever"', '7 = ""', "items.gpe.levels", "a text of its own"),
        ('7 = "Worse than ever"', '7 = "Worse"\n8 = "Worst"', "items.gpe.levels", "must hold exactly"),
    ],
)
def test_a_faulty_wording_is_refused_by_key_and_reason(old: str, new: str, key: str, reason: str) -> None:
    assert old in GPE
    with pytest.raises(WordingError) as refusal:
        parse_wording(GPE.replace(old, new), "ours.toml")
    assert refusal.value.key.endswith(key)
    assert reason in refusal.value.reason


def test_a_missing_item_is_named() -> None:
    text = (FOLDER / "en" / "odi.toml").read_text(encoding="utf-8")
    cut = text[: text.index('[[items]]\ncode = "travelling"')]
    with pytest.raises(WordingError, match=r"items\.travelling: must be there once"):
        parse_wording(cut, "odi.toml")


def test_a_file_lies_where_its_language_and_instrument_say(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder: Path = tmp_path_factory.mktemp("pack")
    (folder / "es").mkdir()
    (folder / "es" / "gpe7.toml").write_text(GPE, encoding="utf-8")
    with pytest.raises(WordingError, match=r"es/gpe7\.toml, instrument"):
        load_folder(folder)
