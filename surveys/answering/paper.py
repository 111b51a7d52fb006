"""A visit's questionnaire as a form on paper: the screens' items in their order, with the same codes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from scoring.instrument import Item, load_instruments
from surveys.answering.battery import Screen
from surveys.wordings import ItemWording, Wording, wording_for


@dataclass(frozen=True, slots=True)
class Question:
    """One item. ``number``: as on the screens; ``digits``: places to write a number in, 0 for a choice."""

    number: int
    item: Item
    text: ItemWording

    @property
    def digits(self) -> int:
        """Boxes for the longest number; one more where a sign may stand before it."""
        if self.item.kind != "number":
            return 0
        return max(len(str(self.item.minimum)), len(str(self.item.maximum)))


@dataclass(frozen=True, slots=True)
class Section:
    """One instrument's questions in one wording."""

    name: str
    wording: Wording
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class PaperForm:
    """Everything that is printed for one timepoint in one language."""

    sections: tuple[Section, ...]

    @property
    def edition(self) -> str:
        """SHA-256 over wording and order of all questions, in hexadecimal: sheets with the same one ask the same."""
        asked = [f"{each.wording.hash}:{','.join(q.item.code for q in each.questions)}" for each in self.sections]
        return sha256("\n".join(asked).encode()).hexdigest()

    @property
    def languages(self) -> frozenset[str]:
        """Languages of the texts: another one than the patient's stands where there is no wording in theirs."""
        return frozenset(each.wording.language for each in self.sections)


def paper_form(screens: Sequence[Screen], language: str) -> PaperForm:
    """Return the form that asks what these screens ask."""
    return PaperForm(tuple(_sections(screens, language)))


def _sections(screens: Sequence[Screen], language: str) -> Iterator[Section]:
    for code, asked in groupby(screens, key=lambda screen: screen.instrument):
        wording = wording_for(code, language)
        questions = tuple(Question(each.number, each.item, wording.item(each.item.code)) for each in asked)
        yield Section(load_instruments()[code].name, wording, questions)
