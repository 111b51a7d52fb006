"""Licensed wording as an operator installs it: a file or folder of files, checked, then kept with its licence."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scoring.instrument import load_instruments
from surveys.wordings.reading import Wording, WordingError, Wordings, load_folder, parse_wording

FORMER = "former"  # what a newer pack replaced, by hash: an old response's text can still be looked up
GIVEN = {"licence_ref": "--licence-ref", "attested_by": "--attested-by", "attested_on": "--attested-by"}


@dataclass(frozen=True, slots=True)
class Attestation:
    """Under which licence texts are shown, and who vouches that they are the texts it names. ``by``: name, role."""

    licence_ref: str
    by: str
    on: date

    def lines(self) -> str:
        """Return what is kept of it at the head of an installed file."""
        kept = {"licence_ref": self.licence_ref, "attested_by": self.by, "attested_on": self.on.isoformat()}
        return "".join(f"{key} = {json.dumps(value.strip(), ensure_ascii=False)}\n" for key, value in kept.items())


def read_pack(pack: Path) -> list[tuple[str, Wording]]:
    """Read a TOML file, or each one of a folder, as (text, wording); raises WordingError."""
    paths = sorted(pack.rglob("*.toml")) if pack.is_dir() else [pack]
    if not paths:
        raise WordingError(str(pack), "(folder)", "holds no .toml file")
    read: list[tuple[str, Wording]] = []
    wrong: list[WordingError] = []
    for path in paths:
        try:
            read.append(_read(path))
        except WordingError as error:
            wrong.append(error)
    if wrong := [*wrong, *_twice(pack, read)]:
        wrong[0].args = ("\n".join(map(str, wrong)),)
        raise wrong[0]
    return read


def _twice(pack: Path, read: Iterable[tuple[str, Wording]]) -> Iterator[WordingError]:
    """Two texts of one instrument in one language: nobody could say which stays."""
    several = Counter((wording.language, wording.instrument) for _text, wording in read)
    for (language, instrument), times in several.items():
        if times > 1:
            yield WordingError(str(pack), f"{language}/{instrument}", f"is there {times} times")


def _read(path: Path) -> tuple[str, Wording]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise WordingError(path.name, "(syntax)", "is not UTF-8") from problem
    wording = parse_wording(text, path.name)
    if wording.status != "licensed":
        raise WordingError(path.name, "status", f'must be "licensed" in a pack, not "{wording.status}"')
    for key, option in GIVEN.items():
        if getattr(wording, key):
            raise WordingError(path.name, key, f"is given with {option}; take it out of the file")
    return text, wording


def install(pack: Path, folder: Path, attestation: Attestation) -> list[Wording]:
    """Put a pack's wordings into the operator's folder, all or none; what they replace is kept under ``former``."""
    _check(pack, attestation)
    read = read_pack(pack)
    for text, wording in read:
        _put(folder, wording, attestation.lines() + text)
    return [wording for _text, wording in read]


def _check(pack: Path, attestation: Attestation) -> None:
    name, _comma, role = attestation.by.partition(",")
    if not attestation.licence_ref.strip():
        raise WordingError(str(pack), "--licence-ref", "is blank; name the licence that allows these texts")
    if not name.strip() or not role.strip():
        reason = 'must name who vouches for these texts, and as what: --attested-by "NAME, ROLE"'
        raise WordingError(str(pack), "--attested-by", reason)


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
    older = folder / FORMER / f"{parse_wording(text, place.name).hash}.txt"
    older.parent.mkdir(exist_ok=True)
    older.write_text(text, encoding="utf-8")


def installed(folder: Path | None) -> Wordings:
    """The wordings of the operator's folder; raises WordingError for one without its licence."""
    packs = load_folder(folder) if folder else {}
    for (instrument, language), wording in packs.items():
        if wording.status != "licensed" or not wording.licence_ref:
            name = f"{language}/{instrument}.toml"
            raise WordingError(name, "licence_ref", "is missing; put packs here with `flask wording install`")
    return packs


def former(folder: Path | None) -> frozenset[str]:
    """Hashes of the licensed texts that newer packs replaced."""
    kept = (folder / FORMER).glob("*.txt") if folder else ()
    return frozenset(path.stem for path in kept)


def without_licence(wordings: Iterable[Wording]) -> tuple[str, ...]:
    """Ids of working wordings of instruments that need a licence: production refuses these."""
    instruments = load_instruments()
    return tuple(
        each.wording_id for each in wordings if each.status == "working" and instruments[each.instrument].needs_licence
    )
