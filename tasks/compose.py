"""What messages say, for those that hand them over."""

from surveys.letters import FOLDER, SUBJECT_LENGTH, Content, Letter, Part, compose, compose_text, letter

__all__ = [
    "FOLDER",
    "SUBJECT_LENGTH",
    "Content",
    "Letter",
    "Part",
    "compose",
    "compose_text",
    "letter",
]
