"""Interface texts in the reader's language: the one door to the untyped translation library."""

from __future__ import annotations

import flask_babel
from flask import Flask, request

LANGUAGES = ("en", "es", "de", "ar")
RIGHT_TO_LEFT = ("ar",)


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


def direction(language: str) -> str:
    """Return ``rtl`` or ``ltr`` for a page's ``dir``."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def language() -> str:
    """Return the request's interface language: the one set for the patient, else the browser's."""
    return str(flask_babel.get_locale() or "en").partition("_")[0]


def install(app: Flask) -> None:
    """Choose languages by what the browser accepts; pages of a patient force the patient's."""
    flask_babel.Babel(app, locale_selector=lambda: request.accept_languages.best_match(LANGUAGES) or "en")
    app.jinja_env.globals.update(page_language=language, page_direction=direction)


force_language = flask_babel.force_locale
