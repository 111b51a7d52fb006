"""What a message must not say and must hold (E1 to E4), as functions that return what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

from surveys.i18n import LANGUAGES
from surveys.letters import SUBJECT_LENGTH, Content, Letter, Part
from surveys.letters.words import words
from surveys.protocols.loading import load_protocol_file
from surveys.protocols.model import Timepoint
from surveys.safety import SAFETY

FOLDER = Path(__file__).parents[2] / "surveys" / "protocols"
TIMEPOINTS = tuple(
    dict.fromkeys(each for path in sorted(FOLDER.glob("*.toml")) for each in load_protocol_file(path).timepoints)
)
STEPS = ("invitation", "reminder_1", "reminder_2", "reminder_3")
BASE = "https://outcomes.example"
TOKEN = "q6cT1vJ0WmZ9dYb4xR7sKpL2nHfG5aUeD8oIyQwEtNs"  # as long as a real one
OPT_OUT = f"{BASE}/u/IjAxOTViN2YwYTBhMDcwMDBhMDAwMDAwMDAwMDAwMDAwMDE5NWI3ZjBhMGEwNzAwMCI.c2lnbmF0dXJl"

# Condition, body part, arm of a study, instrument, score, diagnosis, answers, birth date, record number.
ANYWHERE = r"\bodi\b|oswestry|\bnrs\b|eq-?5d|promis\b|\bvas\b|\bmcid\b|\bprp\b|\bbmc\b|stem cell"
WORDS = {
    "en": r"spin(e|al)|back pain|\bpain|\bneck|\blegs?\b|\bdis[ck]s?\b|\bjoint|herniat|stenosis|scores?\b|diagnos"
    r"|treat(ed|ment)|surger|operation|\barms?\b|conventional|control group|placebo|chart|inject|disab|symptom"
    r"|birth|record number|your answer was|severe|chronic|illness|disease|patient number",
    "es": r"columna|espalda|dolor|cuello|pierna|\bdisco|articulaci|hernia|estenosis|puntuaci|diagn[oó]stic|tratamiento"
    r"|cirug[ií]a|operaci[oó]n|\bbrazo|convencional|placebo|historia cl|inyecci|discapacidad|s[ií]ntoma|nacimiento"
    r"|n[uú]mero de historia|cr[oó]nic|enfermedad",
    "de": r"wirbel|rücken|schmerz|nacken|\bbeine?n?\b|bandscheib|gelenk|vorfall|stenose|punktwert|punktzahl|diagnos"
    r"|behandl|operation|chirurg|\barm\b|konventionell|placebo|akte|injektion|spritze|behinder|symptom|geburt"
    r"|aktenzeichen|patientennummer|chronisch|krank",
    "ar": r"ألم|آلام|الظهر|ظهرك|عمود فقري|العمود|رقبة|ساق|قرص|مفصل|درجة|نتيجة|تشخيص|علاج|جراحة|عملية|ذراع|حقن"
    r"|إعاقة|أعراض|ميلاد|رقم الملف|مزمن|مرض",
}
OUTSIDE = re.compile(
    r"<img|\ssrc=|url\(|@import|\sbackground=|<link|<script|<iframe|<form|<object|\son\w+=", re.IGNORECASE
)


def forbidden_in(text: str, language: str) -> list[str]:
    """Words that tell of health, the fixed safety wording left out."""
    rest = re.sub(r"https?://\S+|<style.*?</style>|style=\"[^\"]*\"", " ", text, flags=re.DOTALL)
    rest = rest.replace(SAFETY.spoken(language), " ")
    pattern = re.compile(f"{ANYWHERE}|{WORDS[language]}", re.IGNORECASE)
    return [found[0] for found in pattern.finditer(rest)]


def letter_of(
    language: str,
    step: str,
    started: bool,
    timepoint: Timepoint | None,
    first_name: str = "Ana",
    *,
    clinic: str = "Riverside Clinic",
    others: tuple[Part, ...] = (),
) -> Letter:
    return Letter(
        language=language,
        step=step,
        started=started,
        timepoint=timepoint,
        screens=timepoint.screens if timepoint else 28,
        first_name=first_name,
        clinic=clinic,
        phone="+44 20 7946 0000",
        until=date(2026, 3, 1),
        url=f"{BASE}/q/{TOKEN}",
        opt_out_url=OPT_OUT,
        others=others,
    )


def others(number: int, started: bool, step: str = "invitation") -> tuple[Part, ...]:
    """So many further questionnaires."""
    return tuple(
        Part(
            TIMEPOINTS[place],
            TIMEPOINTS[place].screens,
            step,
            started,
            date(2026, 4, 2 + place),
            f"{BASE}/q/{TOKEN[:-1]}{place}",
        )
        for place in range(number)
    )


def every(language: str, clinic: str = "Riverside Clinic") -> Iterator[Letter]:
    """Every step, begun or not, timepoint and number of companions."""
    for step, started, timepoint, along in product(STEPS, (False, True), (*TIMEPOINTS, None), (0, 2)):
        yield letter_of(language, step, started, timepoint, clinic=clinic, others=others(along, not started, step))


EVERY = [(each.language, each.step, each.started, each.timepoint) for language in LANGUAGES for each in every(language)]


@dataclass
class Read(HTMLParser):
    """What a reader of the HTML is told: its sentences, where its links lead, and the preheader."""

    links: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    preheader: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._silent = self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [value for name, value in attrs if name == "href" and value]
        self._silent = tag in ("style", "title")
        self._hidden = "display:none" in (given.get("style") or "")

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if self._hidden and text:
            self.preheader, self._hidden = text, False
        elif text and not self._silent:
            self.told.append(text)


def read(content: Content) -> Read:
    """Read the HTML part."""
    found = Read()
    found.feed(content.html)
    return found


def faults(of: Letter, content: Content) -> list[str]:
    """Everything that is wrong with one mail."""
    html, plain = read(content), " ".join(content.plain.split())
    named = f"{of.language} {of.step} {of.timepoint.code if of.timepoint else None} {len(of.others)}"
    checks = {
        "health": forbidden_in("\n".join((content.subject, content.plain, content.html)), of.language),
        "subject": [content.subject] if not 0 < len(content.subject) <= SUBJECT_LENGTH else [],
        "preheader": [html.preheader] if not 40 <= len(html.preheader) <= 90 else [],
        "missing in plain": _missing(of, html, plain),
        "html size": [str(len(content.html))] if len(content.html.encode()) > 20_000 else [],
        "from outside": OUTSIDE.findall(content.html),
        "a link elsewhere": sorted(set(html.links) - _own(of)),
        "required": [part for part in _required(of) if part not in plain or part not in " ".join(html.told)],
        "unfilled": [
            mark
            for mark in ("{clinic}", "{url}", "{until}", "{timepoint}", "{{")
            if mark in plain.replace(of.clinic, "")
        ],
    }
    return [f"{named}: {what}: {found}" for what, found in checks.items() if found]


def _own(of: Letter) -> set[str]:
    return {of.url, of.opt_out_url, *(part.url for part in of.others)}


def _missing(of: Letter, html: Read, plain: str) -> list[str]:
    """Sentences and links of the HTML that the plain text lacks; how to copy an address is about the button."""
    said = {words(of.language)["shared"]["visible_url"]}
    return [text for text in (*html.told, *html.links) if text not in plain and text not in said]


def _required(of: Letter) -> list[str]:
    """E2: the name, the addresses, until when, the telephone, safety, the clinic, the way out."""
    shared = words(of.language)["shared"]
    fixed = [shared[name] for name in ("stop_resume", "emergency", "opt_out")]
    return [of.first_name, of.clinic, of.phone, "2026", SAFETY.spoken(of.language), *fixed, *_own(of)]
