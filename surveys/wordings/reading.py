"""A wording read from TOML and held against its instrument: every item and level, none extra."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

from scoring.instrument import Instrument, load_instruments
from scoring.toml_table import TomlTable
from surveys.document import DocumentError, read_document
from surveys.wordings.structure import Fault, RawItem, faults, level_keys

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
LANGUAGE = re.compile("[a-z]{2,3}")  # the folder a pack is kept in; with a region nobody would ever be shown it

Status = Literal["working", "licensed"]
Wordings = Mapping[tuple[str, str], "Wording"]


class WordingError(DocumentError):
    """A wording that cannot be shown: file, key, reason. With ``more`` faults its text has a line for each."""

    def __init__(self, file: str, key: str, reason: str, *more: Fault) -> None:
        super().__init__(file, key, reason)
        self.args = ("\n".join([str(self), *(f"{file}, {where}: {why}." for where, why in more)]),)


@dataclass(frozen=True, slots=True)
class ItemWording:
    """One screen's texts; ``levels`` by level, empty for an item answered with a number."""

    code: str
    text: str
    hint: str
    levels: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """One instrument in one language. ``language`` is that of the texts: the page's ``lang`` follows it."""

    instrument: str
    language: str
    version: str
    status: Status
    title: str
    recall: str  # the period asked about, shown on every screen; blank where each question says its own
    items: tuple[ItemWording, ...]
    hash: str  # SHA-256 of every text shown, in hexadecimal
    licence_ref: str = ""  # of the licence to show these texts; never blank where licensed and installed
    attested_by: str = ""  # name and role of who vouches that these are the texts licensed; blank for our own
    attested_on: str = ""  # the day of it, as in 2026-11-22

    @property
    def wording_id(self) -> str:
        """Name stored with a response, such as ``odi.en.working.1``."""
        return f"{self.instrument}.{self.language}.{self.status}.{self.version}"

    @property
    def direction(self) -> str:
        """Value of the ``dir`` attribute."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    def item(self, code: str) -> ItemWording:
        """Look an item's texts up by its code; ``KeyError`` where there is none."""
        return {item.code: item for item in self.items}[code]

    def hint(self, code: str) -> str:
        """What stands under the question: the period, then the item's own hint; blank where there is neither."""
        return " ".join(part for part in (self.recall, self.item(code).hint) if part)


def parse_wording(text: str, name: str) -> Wording:
    """Read a wording and check it against its instrument; ``name`` only names it in errors."""
    with read_document(text, name, WordingError) as table:
        instruments = load_instruments()
        instrument = instruments[table.choice("instrument", tuple(instruments))]
        return _wording(table, instrument)


def load_wording_file(path: Path) -> Wording:
    """Read and check one file named LANGUAGE/INSTRUMENT.toml."""
    name = f"{path.parent.name}/{path.name}"
    try:
        wording = parse_wording(path.read_text(encoding="utf-8"), name)
    except UnicodeDecodeError as problem:
        raise WordingError(name, "(syntax)", "is not UTF-8") from problem
    if (wording.language, wording.instrument) != (path.parent.name, path.stem):
        raise WordingError(name, "instrument", "the file's name must be LANGUAGE/INSTRUMENT.toml")
    return wording


def load_folder(folder: Path) -> Wordings:
    """Every wording of a folder, by instrument and language."""
    loaded = [load_wording_file(path) for path in sorted(folder.glob("*/*.toml"))]
    return MappingProxyType({(each.instrument, each.language): each for each in loaded})


def _wording(table: TomlTable, instrument: Instrument) -> Wording:
    title, recall = table.text("title"), table.text("recall", "")
    items = _items(table, instrument)
    return Wording(
        instrument=instrument.code,
        language=_language(table),
        version=table.text("version"),
        status=cast("Status", table.choice("status", ("working", "licensed"))),
        title=title,
        recall=recall,
        items=items,
        hash=_hash(title, recall, items),
        licence_ref=table.text("licence_ref", ""),
        attested_by=table.text("attested_by", ""),
        attested_on=table.text("attested_on", ""),
    )


def _language(table: TomlTable) -> str:
    code = table.text("language")
    if not LANGUAGE.fullmatch(code):
        raise table.fail(
            "language", f"must be a language's code of two or three small letters, such as es, not {code!r}"
        )
    return code


def _items(table: TomlTable, instrument: Instrument) -> tuple[ItemWording, ...]:
    given = [_raw(row) for row in table.tables("items", required=True)]
    if wrong := faults(instrument, given):
        (key, reason), *more = wrong
        raise WordingError(table.file, key, reason, *more)
    return tuple(_item(instrument, raw) for raw in given)


def _raw(row: TomlTable) -> RawItem:
    raw = RawItem(row.path, row.text("code"), row.text("text"), row.text("hint", ""), row.text_map("levels"))
    row.finish()
    return raw


def _item(instrument: Instrument, raw: RawItem) -> ItemWording:
    """Levels in ascending order."""
    levels = {int(level): raw.levels[level].strip() for level in level_keys(instrument.item(raw.code))}
    return ItemWording(raw.code, raw.text, raw.hint, MappingProxyType(levels))


def _hash(title: str, recall: str, items: tuple[ItemWording, ...]) -> str:
    shown = [title, recall, [[item.code, item.text, item.hint, list(item.levels.items())] for item in items]]
    return sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest()
