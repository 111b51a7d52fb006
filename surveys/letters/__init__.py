"""What a message to a patient says: neutral, by language, step and whether the patient has begun."""

from surveys.letters.composing import SUBJECT_LENGTH, Content, Form, compose, form_of, render, slots_of
from surveys.letters.letter import Letter, Part, letter
from surveys.letters.short_texts import compose_text
from surveys.letters.words import FOLDER

__all__ = [
    "FOLDER",
    "SUBJECT_LENGTH",
    "Content",
    "Form",
    "Letter",
    "Part",
    "compose",
    "compose_text",
    "form_of",
    "letter",
    "render",
    "slots_of",
]
