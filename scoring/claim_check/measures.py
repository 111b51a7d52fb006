"""Names under which measures appear in print, and the levels of global ratings."""

import re
from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "odi": r"\bODI\b|oswestry",
    "nrs": r"\bNRS\b|numeric(?:al)?(?: pain)? rating",
    "vas": r"(?<!EQ )(?<!EQ-)\bVAS\b|visual analog",
    "eq5d": r"\bEQ-?5D|\bEQ VAS\b|quality of life",
    "promis": r"\bPROMIS\b",
    "gpe": r"\bGPE\b|\bPGIC\b|global perceived|global impression|substantially improved|much improved",
    "opioids": r"\bopioid|\bMME\b|morphine",
    "surgery": r"surgery[- ]free|avoid\w* (?:of )?(?:surgery|fusion|an operation)|(?:surgery|fusion)[^.;]{0,12}avoided",
    "trajectory": r"trajector|latent class",
    "functionality": r"\bfunctionality\b",
    "stated_improvement": r"\bimprovement (?:as )?(?:stated|reported|rated) by|%\s*(?:overall )?improvement",
    "satisfaction": r"satisf",
    "complications": r"complication|adverse event",
}
SHOWN: Mapping[str, str] = {  # how each is printed; read again, it is the same measure
    "odi": "ODI",
    "nrs": "NRS",
    "vas": "VAS",
    "eq5d": "EQ-5D",
    "promis": "PROMIS",
    "gpe": "global perceived effect",
    "opioids": "opioids",
    "surgery": "surgery avoided",
    "trajectory": "trajectory class",
    "functionality": "functionality",
    "stated_improvement": "% improvement",
    "satisfaction": "satisfaction",
    "complications": "complications",
    "pain": "pain",
}
PAIN = re.compile(r"\bpain\b", re.IGNORECASE)
PAIN_MEASURES = frozenset({"nrs", "vas"})
LEVELS = (  # Austevoll 2019 (GPE-7) and the PGIC: what a person could mark
    *("completely recovered", "much improved", "slightly improved", "unchanged"),
    *("very much improved", "minimally improved", "no change", "much worse", "slightly worse", "worse than ever"),
)
GLOBAL_WORDS = re.compile(
    r"(?:completely recovered|very much improved|\w+ (?:improved|better)|improved)(?: or (?:better|more|recovered))?",
    re.IGNORECASE,
)


def named(text: str) -> tuple[str, ...]:
    """Codes of the measures that a text names, ``pain`` where it speaks of pain and names no measure of it."""
    found = [code for code, words in NAMES.items() if re.search(words, text, re.IGNORECASE)]
    if PAIN.search(text) and not PAIN_MEASURES & set(found):
        found.append("pain")
    return tuple(found)


def global_words(text: str) -> str:
    """The words of a global rating, as printed; empty where there are none."""
    found = GLOBAL_WORDS.search(text)
    return found[0] if found else ""


def is_level(words: str) -> bool:
    """Whether the words are one level of a published global rating, or such levels joined."""
    parts = re.split(r"\s*(?:,|/|\bor\b|\band\b)\s*", words.strip().lower())
    return all(part in LEVELS for part in parts if part)
