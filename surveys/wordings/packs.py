"""Licensed wording as an operator installs it: a file or folder of files, checked, then kept with its licence."""

import json
from collections.abc import Iterable
from pathlib import Path

from scoring.instrument import load_instruments
from surveys.wordings.reading import Wording, WordingError, Wordings, load_folder, parse_wording

FORMER = "former"  # what a newer pack replaced, by hash: an old response's text can still be looked up


def read_pack(pack: Path) -> list[tuple[str, Wording]]:
    """Read a TOML file, or each one of a folder, as (text, wording); raises WordingError."""
    paths = sorted(pack.rglob("*.toml")) if pack.is_dir() else [pack]
    if not paths:
        raise WordingError(str(pack), "(folder)", "holds no .toml file")
    return [_read(path) for path in paths]


def _read(path: Path) -> tuple[str, Wording]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise WordingError(path.name, "(syntax)", "is not UTF-8") from problem
    wording = parse_wording(text, path.name)
    if wording.status != "licensed":
        raise WordingError(path.name, "status", f'must be "licensed" in a pack, not "{wording.status}"')
    if wording.licence_ref:
        raise WordingError(path.name, "licence_ref", "is given with --licence-ref; take it out of the file")
    return text, wording


def install(pack: Path, folder: Path, licence_ref: str) -> list[Wording]:
    """Put a pack's wordings into the operator's folder, all or none; what they replace is kept under ``former``."""
    if not licence_ref.strip():
        raise WordingError(str(pack), "--licence-ref", "is blank; name the licence that allows these texts")
    read = read_pack(pack)
    for text, wording in read:
        _put(folder, wording, f"licence_ref = {json.dumps(licence_ref.strip(), ensure_ascii=False)}\n{text}")
    return [wording for _text, wording in read]


def _put(folder: Path, wording: Wording, text: str) -> None:
    """Write beside the place and rename, so that no process ever reads half a file."""
    place = folder / wording.language / f"{wording.instrument}.toml"
    place.parent.mkdir(parents=True, exist_ok=True)
    _keep_former(folder, place)
    new = place.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(place)


def _keep_former(folder: Path, place: Path) -> None:
    if not place.exists():
        return
    text = place.read_text(encoding="utf-8")
    former = folder / FORMER / f"{parse_wording(text, place.name).hash}.txt"
    former.parent.mkdir(exist_ok=True)
    former.write_text(text, encoding="utf-8")


def installed(folder: Path | None) -> Wordings:
    """The wordings of the operator's folder; raises WordingError for one without its licence."""
    packs = load_folder(folder) if folder else {}
    for (instrument, language), wording in packs.items():
        if wording.status != "licensed" or not wording.licence_ref:
            name = f"{language}/{instrument}.toml"
            raise WordingError(name, "licence_ref", "is missing; put packs here with `flask wording install`")
    return packs


def without_licence(wordings: Iterable[Wording]) -> tuple[str, ...]:
    """Ids of working wordings of instruments that need a licence: production refuses these."""
    instruments = load_instruments()
    return tuple(
        each.wording_id for each in wordings if each.status == "working" and instruments[each.instrument].needs_licence
    )
