"""The tables of an export: results, visits, episodes; or a row per episode with a column per scale and timepoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scoring.instrument import Instrument, load_instruments
from surveys.exchange.exports.columns import Column, Sheet, flag, integer, named, text
from surveys.exchange.exports.order import Order
from surveys.models.episode import PAIN_GENERATORS, PRODUCTS
from surveys.models.response import MODES
from surveys.protocols.model import Protocol, Timepoint

DAYS = "days after the index date; negative before it; empty where there is no index date"
PSEUDONYM = "made from a secret of the clinic; not the number that the clinic's pages show"
WHO = (
    text("patient", "Patient, pseudonym", width=16, note=PSEUDONYM),
    text("episode", "Episode, pseudonym", width=16, note=PSEUDONYM),
)
NUMBER = Column("patient_number", "integer", "Patient's number in the clinic", identifies=True)


def _words(codes: Sequence[str]) -> Mapping[str, str]:
    return {code: code.replace("_", " ") for code in codes}


def arm_column(protocols: Sequence[Protocol]) -> Column:
    """Every arm that any version of the protocol has."""
    return named("arm", "Arm", {arm.code: arm.label for protocol in protocols for arm in protocol.arms})


def results(protocols: Sequence[Protocol]) -> Sheet:
    """A row per score or answer; the newest amendment of each."""
    instruments = load_instruments()
    codes = {scale.code: scale.label for each in instruments.values() for scale in each.scales}
    codes |= {item.code: item.label for each in instruments.values() for item in each.items}
    columns = (
        *WHO,
        NUMBER,
        arm_column(protocols),
        text("timepoint", "Timepoint", width=24),
        integer("day", "Day of the answer", note=DAYS),
        integer("day_since_enrolment", "Days from enrolment to the answer"),
        Column("answered_on", "day", "Date of the answer", identifies=True),
        named("instrument", "Instrument", {code: each.name for code, each in instruments.items()}),
        named("kind", "What the row holds", {"score": "a scale's score", "answer": "an item's answer"}),
        named("code", "Scale or item", codes),
        text("value_set", "Value set of an index", width=24),
        Column("value", "number", "Value", note="empty: not scorable, declined or cleared; never 0 for these"),
        integer("answered_items", "Items answered, where some may be missing"),
        named("status", "What became of it", {**_words(("scored", "answered", "declined")), "none": "not scorable"}),
        named("mode", "How it was answered", _words(MODES)),
        flag("in_window", "Sent before the visit's window was over"),
        flag("before_treatment", "Answered by the end of the day of the first treatment"),
        named("finality", "How it became final", {"submitted": "sent", "unsent": "complete when the window closed"}),
        integer("amendment", "Corrections after sending; the newest is in the row"),
        text("rule_version", "Version of the scoring rule"),
        text("language", "Language of the wording", width=8),
    )
    return Sheet("results", "A row per score and answer", columns)


def visits(protocols: Sequence[Protocol]) -> Sheet:
    """A row per planned visit: the denominators."""
    columns = (
        *WHO,
        NUMBER,
        arm_column(protocols),
        text("timepoint", "Timepoint", width=24),
        integer("due_day", "Day on which it is due", note=DAYS),
        integer("closes_day", "Day on which its window is over", note=DAYS),
        integer("submitted_day", "Day on which it was sent", note=DAYS),
        flag("window_over", "Whether the window is over"),
        flag("in_window", "Whether it was sent in its window"),
        flag("cancelled", "Whether it was cancelled"),
    )
    return Sheet("visits", "A row per visit", columns)


def episodes(protocols: Sequence[Protocol]) -> Sheet:
    """A row per episode: covariates, treatments, endings."""
    return Sheet("episodes", "A row per episode", episode_columns(protocols))


def episode_columns(protocols: Sequence[Protocol]) -> tuple[Column, ...]:
    """What is known of an episode."""
    return (
        *WHO,
        NUMBER,
        text("chart_number", "Chart number", width=255, identifies=True),
        Column("birth_year", "integer", "Year of birth", identifies=True),
        Column("enrolled_on", "day", "Date of enrolment", identifies=True),
        Column("index_date", "day", "Index date", identifies=True),
        text("clinician", "Clinician who treats", width=255, identifies=True),
        integer("protocol_version", "Version of the protocol"),
        arm_column(protocols),
        text("diagnosis", "Diagnosis, ICD-10", width=8),
        named("pain_generator", "Pain generator", _words(PAIN_GENERATORS)),
        named("sex", "Sex", _words(("female", "male", "other"))),
        integer("age", "Age at enrolment, years", note="over 89 is given as 90 unless the export is identified"),
        Column("bmi", "number", "Body mass index at enrolment, kg/m²"),
        flag("opioid_use", "Opioids at enrolment"),
        flag("smoking", "Smoking at enrolment"),
        integer("enrolled_day", "Day of enrolment", note=DAYS),
        integer("treatments", "Treatments done"),
        named("product", "Product of the first treatment done", _words(PRODUCTS)),
        Column("nucleated_cells", "number", "Total nucleated cells of the first treatment done, million"),
        integer("died_day", "Day of death", note=DAYS),
        integer("left_day", "Day of leaving: consent withdrawn, follow-up stopped or lost", note=DAYS),
        integer("surgery_day", "Day of the first operation on the spine", note=DAYS),
    )


def wide(protocols: Sequence[Protocol], order: Order, timepoint: str | None) -> Sheet:
    """A row per episode; unscheduled visits and other value sets stand in the long shape alone."""
    columns = (*episode_columns(protocols), *_wide_columns(protocols, order, timepoint))
    return Sheet("wide", "A row per episode with a column per scale, item and timepoint", columns)


def _wide_columns(protocols: Sequence[Protocol], order: Order, timepoint: str | None) -> Iterator[Column]:
    asked: dict[tuple[str, str], dict[str, None]] = {}
    for point in (point for protocol in protocols for point in protocol.timepoints if timepoint in (None, point.code)):
        _note_asked(asked, point)
    seen: set[str] = set()
    for (point_code, instrument), items in asked.items():
        for column in _columns_of(load_instruments()[instrument], point_code, items if order.contents == "all" else ()):
            if column.code not in seen:
                seen.add(column.code)
                yield column


def _note_asked(asked: dict[tuple[str, str], dict[str, None]], point: Timepoint) -> None:
    for entry in point.battery:
        asked.setdefault((point.code, entry.instrument), {}).update(dict.fromkeys(entry.items))


def _columns_of(instrument: Instrument, point: str, items: Sequence[str] | Mapping[str, None]) -> Iterator[Column]:
    for scale in instrument.scales:
        span = f"{scale.minimum:g} to {scale.maximum:g}; {scale.direction.replace('_', ' ')}"
        yield Column(f"{scale.code}_{point}", "number", f"{scale.label}, {point}", note=span)
    for code in items:
        item = instrument.item(code)
        names = {level: name for level, name in zip(item.levels, item.level_names, strict=False) if name}
        yield Column(f"{instrument.code}_{code}_{point}", "integer", f"{item.label}, {point}", names)
    yield flag(f"{instrument.code}_{point}_in_window", f"{instrument.name}, {point}: sent in the window")
    yield integer(f"{instrument.code}_{point}_day", f"{instrument.name}, {point}: day of the answer", note=DAYS)
    modes = _words(MODES)
    yield named(f"{instrument.code}_{point}_mode", f"{instrument.name}, {point}: how it was answered", modes)


def sheets_of(protocols: Sequence[Protocol], order: Order, timepoint: str | None) -> tuple[Sheet, ...]:
    """The tables of an order, without the columns that its readers may not have."""
    if order.shape == "wide":
        whole: tuple[Sheet, ...] = (wide(protocols, order, timepoint),)
    else:
        whole = (results(protocols), visits(protocols), episodes(protocols))
    return tuple(Sheet(each.name, each.title, _allowed(each, order)) for each in whole)


def _allowed(sheet: Sheet, order: Order) -> tuple[Column, ...]:
    return tuple(column for column in sheet.columns if order.identified or not column.identifies)
