"""Interface texts in the reader's language: the one door to the untyped translation library.

Catalogues are read as they are written (``translations/LANGUAGE.po``): nothing is compiled, so nothing goes stale.
"""

from __future__ import annotations

import io
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import flask_babel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request

FOLDER = Path(__file__).parent / "translations"
LANGUAGES = ("en", "es", "de", "ar")  # of the patient's side
LANGUAGE_NAMES = {"en": "English", "es": "Español", "de": "Deutsch", "ar": "العربية"}  # each in itself
STAFF_LANGUAGES = ("en", "es")
RIGHT_TO_LEFT = ("ar",)
WHOLE_DAY = {"es": "d 'de' MMMM 'de' y", "de": "d. MMMM y"}  # the other languages: 3 May 2026
PATIENT_PAGES = frozenset(  # None: an address that is no page
    {
        *("accessibility", "ahead", "birth_year", "kiosk", "landing", "language", "patient", "permissions"),
        *("practice", "preferences", "public", "sending", "unsubscribe", None),
    }
)


def gettext(text: str, **values: object) -> str:
    """Return an interface text in the request's language."""
    return str(flask_babel.gettext(text, **values))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """Return the form of an interface text that fits the number."""
    return str(flask_babel.ngettext(singular, plural, num, **values))


class LazyText:
    """A text translated when it is shown, for tables made at import."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return gettext(self._text)

    def spoken(self, language: str) -> str:
        """Return the text in a language, where there is no request: in mail."""
        return catalogue(language).gettext(self._text)


def format_day(day: date) -> str:
    """Return a day as the request's language writes it, the month in letters."""
    return str(flask_babel.format_date(day, "d. MMM y" if language() == "de" else "d MMM y"))


def format_whole_day(day: date) -> str:
    """Return a day with its month in full, as a sentence to a patient says it."""
    return str(flask_babel.format_date(day, WHOLE_DAY.get(language(), "d MMMM y")))


def format_span(span: timedelta) -> str:
    """Return a length of time in its largest unit, such as "3 hours"."""
    return str(flask_babel.format_timedelta(span, granularity="minute"))


def direction(language: str) -> str:
    """Return ``rtl`` or ``ltr`` for a page's ``dir``."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def main_language(language: str) -> str:
    """Return the language without its country: ``es`` for ``es-MX``."""
    return language.replace("_", "-").split("-")[0].lower()


def language() -> str:
    """Return the request's interface language: the one set for the patient, else the browser's."""
    locale = flask_babel.get_locale()
    return str(locale.language) if locale else "en"


@cache
def catalogue(language: str) -> NullTranslations:
    """Return a language's texts; those of English stand in the source."""
    path = FOLDER / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


class _Texts(flask_babel.Domain):  # type: ignore[misc]
    """The texts of the request's language."""

    def get_translations(self) -> NullTranslations:
        return catalogue(language())


class _Babel(flask_babel.Babel):  # type: ignore[misc]
    """Flask-Babel with our way of reading catalogues."""

    domain_instance = _Texts()


def speak(language: str) -> None:
    """Answer the rest of the request in the patient's language, whatever the browser's is."""
    spoken = main_language(language)
    g.language = spoken if spoken in LANGUAGES else "en"
    flask_babel.refresh()


def speak_as_asked() -> None:
    """Answer in the browser's language again, as if no patient were known."""
    g.pop("language", None)
    flask_babel.refresh()


def _chosen() -> str:
    """Return the language set with ``speak``, else what the browser accepts of those in which the page is whole.

    Commands and tasks have no browser: English, unless they force another.
    """
    if "language" in g:
        return str(g.language)
    if not has_request_context():
        return "en"
    if request.blueprint not in PATIENT_PAGES:
        return request.accept_languages.best_match(STAFF_LANGUAGES) or "en"
    asked = request.args.get("language", "")  # by a link on the page itself
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"


def install(app: Flask) -> None:
    """Choose languages by what the browser accepts; pages of a patient force the patient's."""
    _Babel(app, locale_selector=_chosen)
    app.jinja_env.globals.update(
        page_language=language,
        page_direction=direction,
        language_names=LANGUAGE_NAMES,
        whole_day=format_whole_day,
        short_day=format_day,
    )


force_language = flask_babel.force_locale
