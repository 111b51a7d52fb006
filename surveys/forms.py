"""What a patient sends, read strictly: a value is stored exactly as it was seen, or not at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from wtforms import BooleanField, Form, StringField
from wtforms.validators import AnyOf, InputRequired, Length, ValidationError

from scoring.instrument import Item
from surveys.i18n import LazyText
from surveys.i18n import gettext as _

RESPONDENTS: Mapping[str, LazyText] = MappingProxyType(
    {
        "self": LazyText("I am, by myself"),
        "self_with_help": LazyText("I am, with someone helping me"),
        "proxy": LazyText("Someone is answering for me"),
    }
)
ACTIONS = ("save", "decline", "clear")
LONGEST_NUMBER = 24  # characters typed
YEAR = re.compile("(?:19|20)[0-9]{2}")
WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,4})")
MINUS = dict.fromkeys(map(ord, "\u2212\u2010\u2011\u2013\ufe63\uff0d"), "-")
UNSEEN = dict.fromkeys(map(ord, "\u200e\u200f\u061c"))  # direction marks that Arabic keyboards add
BLANK = ""


class ItemForm(Form):
    """One item's form. ``read_level`` gives the level after ``validate``."""

    answer = StringField(validators=[Length(max=200)])
    token = StringField(validators=[InputRequired(), Length(max=2000)])
    action = StringField(default="save", validators=[AnyOf(ACTIONS)])
    use = StringField()  # how the screen was used, as the browser tells it: never a reason to refuse an answer
    queued = StringField()  # "1": confirmed without a line, and sent when it returned

    def validate_answer(self, field: StringField) -> None:
        """Refuse an answer sent twice: which of them the patient sees cannot be known."""
        if len(field.raw_data or ()) > 1:
            raise ValidationError(_("Choose one answer."))


class StartForm(Form):
    """The first screen: who fills the questionnaire in and, the first time, consent."""

    respondent = StringField()
    consent = BooleanField()

    def __init__(self, formdata: Any = None, *, ask_consent: bool = False) -> None:
        super().__init__(formdata)
        self.ask_consent = ask_consent

    def validate_respondent(self, field: StringField) -> None:
        """One of the three must be chosen, since the mode is kept with each answer."""
        if field.data not in RESPONDENTS:
            raise ValidationError(_("Choose who is filling this in."))

    def validate_consent(self, field: BooleanField) -> None:
        """The first time the box must be ticked by the patient."""
        if self.ask_consent and not field.data:
            raise ValidationError(_("Tick the box if you agree. Without it no answers are collected."))


class YearForm(Form):
    """The year of birth and, the first time, consent. ``given``: the year after ``validate``."""

    year = StringField(validators=[Length(max=LONGEST_NUMBER)])
    token = StringField(validators=[Length(max=2000)])
    consent = BooleanField()
    given = 0

    def __init__(self, formdata: Any = None, *, ask_consent: bool = False) -> None:
        super().__init__(formdata)
        self.ask_consent = ask_consent

    def validate_year(self, field: StringField) -> None:
        """Four digits of any script; anything else is a slip of the hand and no try."""
        text = _plain(field.data or "")
        if not YEAR.fullmatch(text):
            raise ValidationError(_("Enter the year you were born in, in four digits, such as 1960."))
        self.given = int(text)

    def validate_consent(self, field: BooleanField) -> None:
        """The first time the box must be ticked by the patient."""
        if self.ask_consent and not field.data:
            raise ValidationError(_("Tick the box if you agree. Without it no answers are collected."))


class AnswerError(ValueError):
    """An answer that is not stored; the text says what to do."""


def read_level(item: Item, sent: str) -> int | None:
    """Return the level that was sent, None for a blank; raise AnswerError for anything else.

    Rows send the exact code of their level. Numbers may be typed in any script's digits and with outer
    spaces; ``+1``, ``01``, ``1_0`` and ``-0`` are asked again rather than guessed.
    """
    if item.kind == "number":
        return _typed(item, sent)
    if sent == BLANK:
        return None
    if sent not in _codes(item.levels):
        raise AnswerError(_("Choose one of the answers below."))
    return int(sent)


def _codes(levels: Sequence[int]) -> frozenset[str]:
    return frozenset(map(str, levels))


def _typed(item: Item, sent: str) -> int | None:
    text = _plain(sent)
    if text == BLANK:
        return None
    if len(sent) > LONGEST_NUMBER or not WHOLE.fullmatch(text) or text == "-0":
        raise AnswerError(_whole_number(item))
    if not item.minimum <= int(text) <= item.maximum:
        raise AnswerError(_whole_number(item))
    return int(text)


def _plain(sent: str) -> str:
    """Return what was typed with digits of any script as 0 to 9 and one minus sign."""
    text = sent.translate(UNSEEN).strip(" \t\r\n\u00a0").translate(MINUS)
    return "".join(_digit(character) for character in text)


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _whole_number(item: Item) -> str:
    return _("Enter a whole number from %(low)s to %(high)s, in digits only.", low=item.minimum, high=item.maximum)
