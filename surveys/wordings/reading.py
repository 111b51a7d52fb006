"""A wording read from TOML and held against its instrument: every item and level, none extra."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

from scoring.instrument import Instrument, Item, load_instruments
from scoring.toml_table import TomlTable
from surveys.document import DocumentError, read_document

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

Status = Literal["working", "licensed"]
Wordings = Mapping[tuple[str, str], "Wording"]


class WordingError(DocumentError):
    """A wording that cannot be shown: file, key, reason."""


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
    recall: str
    items: tuple[ItemWording, ...]
    hash: str  # SHA-256 of every text shown, in hexadecimal
    licence_ref: str = ""  # of the licence to show these texts; never blank where licensed and installed

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
    title, recall = table.text("title"), table.text("recall")
    rows = list(table.tables("items", required=True))
    items = tuple(_item(table, row, instrument) for row in rows)
    _check_complete(table, instrument, [item.code for item in items])
    return Wording(
        instrument=instrument.code,
        language=table.text("language"),
        version=table.text("version"),
        status=cast("Status", table.choice("status", ("working", "licensed"))),
        title=title,
        recall=recall,
        items=items,
        hash=_hash(title, recall, items),
        licence_ref=table.text("licence_ref", ""),
    )


def _item(table: TomlTable, row: TomlTable, instrument: Instrument) -> ItemWording:
    code = row.choice("code", tuple(item.code for item in instrument.items))
    levels = row.text_map("levels")
    text, hint = row.text("text"), row.text("hint", "")
    row.finish()
    return ItemWording(code, text, hint, _levels(table, instrument.item(code), levels))


def _levels(table: TomlTable, item: Item, texts: dict[str, str]) -> Mapping[int, str]:
    """Levels in ascending order; every level of a choice has its own text, a number has none."""
    expected = [] if item.kind == "number" else [str(level) for level in item.levels]
    key = f"items.{item.code}.levels"
    if set(texts) != set(expected):
        raise table.fail(key, f"must hold exactly {', '.join(expected) or 'nothing'}, not {', '.join(texts)}")
    shown = {int(level): texts[level].strip() for level in expected}
    if "" in shown.values() or len(set(shown.values())) != len(shown):
        raise table.fail(key, "every level needs a text of its own")
    return MappingProxyType(shown)


def _check_complete(table: TomlTable, instrument: Instrument, codes: list[str]) -> None:
    for item in instrument.items:
        if codes.count(item.code) != 1:
            raise table.fail(f"items.{item.code}", "must be there once")


def _hash(title: str, recall: str, items: tuple[ItemWording, ...]) -> str:
    shown = [title, recall, [[item.code, item.text, item.hint, list(item.levels.items())] for item in items]]
    return sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest()
