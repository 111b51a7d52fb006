"""One export from the database to a finished archive, in constant memory, checked after writing."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import IO, Any

import polars as pl

from surveys.exchange.exports import dictionary
from surveys.exchange.exports.columns import Sheet
from surveys.exchange.exports.dictionary import Written
from surveys.exchange.exports.formats import parquet, plain, sav, xlsx
from surveys.exchange.exports.reading import frames
from surveys.exchange.exports.sheets import episodes, results, sheets_of
from surveys.exchange.exports.source import Source
from surveys.exchange.exports.wide import most_of, widened
from surveys.models import Clinic, ProtocolVersion
from surveys.outcomes.filter_words import words
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.version import VERSION

WRITERS: dict[str, ModuleType] = {"csv": plain, "parquet": parquet, "sav": sav, "xlsx": xlsx}
PIECE = 1 << 20  # bytes
ARCHIVE = "export.zip"
EPOCH = (1980, 1, 1, 0, 0, 0)  # what an archive says of when its files were written: the same data, the same bytes
PACKED = {"csv": zipfile.ZIP_DEFLATED, "sav": zipfile.ZIP_DEFLATED}  # the others are packed already


class DamagedError(Exception):
    """What was read back is not what was written."""


def make(source: Source, folder: Path) -> tuple[Path, list[Written]]:
    """Write every file into the folder and then all into one archive; returns it and what it holds."""
    protocols = versions(source)
    sheets = sheets_of(protocols, source.order, source.filters.timepoint)
    source.passes, files = len(sheets), []
    for place, sheet in enumerate(sheets):
        source.passed = place
        files.append(_write(source, protocols, sheet, folder))
    return _pack(source, protocols[0], sheets, files, folder), files


def versions(source: Source) -> list[Protocol]:
    """Every version of the protocol that the clinic has, the newest first."""
    rows = source.session.query(ProtocolVersion).filter_by(code=source.filters.protocol).all()
    return [protocol_store.protocol_of(row) for row in sorted(rows, key=lambda row: -row.version)]


def _write(source: Source, protocols: Sequence[Protocol], sheet: Sheet, folder: Path) -> Written:
    writer, path = WRITERS[source.order.format], folder / f"{sheet.name}.{source.order.format}"
    rows = writer.write(_frames(source, protocols, sheet), sheet, path)
    if (found := writer.count(path)) != rows:
        raise DamagedError(f"{path.name}: {rows} rows were written, {found} can be read")
    return Written(path.name, sheet.name, rows, len(sheet.columns), path.stat().st_size, hash_of(path))


def _frames(source: Source, protocols: Sequence[Protocol], sheet: Sheet) -> Iterator[pl.DataFrame]:
    if sheet.name != "wide":
        yield from (batch[sheet.name] for batch in frames(source, [sheet]))
        return
    own = {column.code for column in sheet.columns}
    known = episodes(protocols)
    needed = Sheet(known.name, known.title, tuple(column for column in known.columns if column.code in own))
    most = most_of(sheet)
    yield from widened(frames(source, [results(protocols), needed], most), sheet, most)


def _pack(source: Source, protocol: Protocol, sheets: Sequence[Sheet], files: Sequence[Written], folder: Path) -> Path:
    facts, path = _facts(source, protocol), folder / ARCHIVE
    texts = {
        "README.txt": dictionary.readme(facts, files, source.order),
        "manifest.json": dictionary.manifest(facts, files),
        "dictionary.csv": "\ufeff" + dictionary.dictionary_csv(sheets),
        "dictionary.json": dictionary.dictionary_json(sheets),
    }
    with zipfile.ZipFile(path, "w", compresslevel=3) as archive:
        for name, content in texts.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
        for file in files:
            _add(archive, folder / file.name, PACKED.get(source.order.format, zipfile.ZIP_STORED))
            source.tell(source.total)
    _check(path, files)
    return path


def _add(archive: zipfile.ZipFile, path: Path, packed: int) -> None:
    """Put a file in and remove it: the disk holds it once."""
    entry = zipfile.ZipInfo(path.name, EPOCH)
    entry.compress_type = packed
    with path.open("rb") as file, archive.open(entry, "w", force_zip64=True) as member:
        shutil.copyfileobj(file, member, PIECE)
    path.unlink()


def _facts(source: Source, protocol: Protocol) -> dict[str, Any]:
    clinic = source.session.get_one(Clinic, source.clinic_id)
    return {
        "clinic": clinic.name,
        "as_of": source.now.isoformat(timespec="seconds"),
        "cohort": words(source.filters, protocol),
        "filters": source.order.filters,
        "protocol_sha256": protocol.source_hash,
        "episodes": source.total,
        "de_identified": not source.order.identified,
        "fewest": source.order.fewest,
        "withheld": ", ".join(source.withheld) or "none",
        "version": VERSION,
    }


def _check(path: Path, files: Sequence[Written]) -> None:
    with zipfile.ZipFile(path) as archive:
        for file in files:
            with archive.open(file.name) as member:
                if _hash(member) != file.sha256:
                    raise DamagedError(f"{file.name} in the archive is not what was written")


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return _hash(file)


def _hash(file: IO[bytes]) -> str:
    digest = sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()
