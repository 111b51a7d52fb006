"""The check of the catalogues: each way in which a text can be lost is refused by name."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from local.translations import FOLDER, check_translations, gather_translations
from local.trouble import LocalError

GATHERED = {"_", "gettext", "ngettext", "LazyText"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the catalogues, brought up to date and whole."""
    copy = tmp_path / "translations"
    shutil.copytree(FOLDER, copy)
    check_translations(copy)
    return copy


def edit(folder: Path, language: str, old: str, new: str) -> None:
    path = folder / f"{language}.po"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("language", "old", "new", "said"),
    [
        ("es", 'msgstr "Guardar y continuar"', 'msgstr ""', "es.po: missing: 'Save and continue'"),
        (
            "de",
            'msgid "Save and continue"',
            '#, fuzzy\nmsgid "Save and continue"',
            "de.po: missing: 'Save and continue'",
        ),
        ("ar", 'msgid "Back"', 'msgid "Go back"', "ar.po: no longer in the source: 'Go back'"),
        (
            "de",
            'msgstr "Zwei Wochen Pause"',
            'msgstr "Zwei Wochen PauseZwei Wochen Pause"',
            "de.po: said twice: 'Pause for two weeks'",
        ),
        (
            "es",
            "%(num)s minutos.",
            "%(num)s minutos. Dura unos %(num)s minutos.",
            "es.po: said twice: 'It takes about %(num)s minute.'",
        ),
        ("es", "Pregunta %(number)s de", "Pregunta %(numero)s de", "es.po: 'Question %(number)s of %(total)s': "),
    ],
)
def test_a_lost_text_is_named(folder: Path, language: str, old: str, new: str, said: str) -> None:
    edit(folder, language, old, new)
    with pytest.raises(LocalError) as refusal:
        check_translations(folder)
    assert said in str(refusal.value)
    assert "make translations" in str(refusal.value)


def test_gathering_keeps_what_is_translated_and_drops_what_is_gone(folder: Path) -> None:
    edit(folder, "ar", 'msgid "Back"', 'msgid "Go back"')
    gather_translations(folder)
    text = (folder / "ar.po").read_text(encoding="utf-8")
    assert 'msgid "Back"\nmsgstr ""' in text
    assert 'msgid "Go back"' not in text
    assert 'msgstr "حفظ ومتابعة"' in text


def test_a_missing_catalogue_is_all_missing(folder: Path) -> None:
    (folder / "de.po").unlink()
    with pytest.raises(LocalError, match=r"de\.po: missing: 'Back'"):
        check_translations(folder)


def test_no_text_stands_where_it_is_never_gathered() -> None:
    """Before Python 3.12 a call within an f-string is passed over: its text stayed English in every language."""
    hidden = [
        f"{path}:{call.lineno}"
        for path in sorted(FOLDER.parent.rglob("*.py"))
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in GATHERED
    ]
    assert hidden == []
