"""The words on the pages of a PDF, read from its content streams: fonts, their tables of letters, strings shown."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping

OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj(?=\n)", re.S)
STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.S)
FONT = re.compile(rb"/(f\d+) [\d.]+ Tf")
ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.S)
PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
Letters = Mapping[int, str]


def pages(pdf: bytes) -> list[str]:
    """Each page's words without the spaces between them: a page places letters, and spaces are not always letters."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    numbered = [body for _number, body in sorted(objects.items())]
    wanted = [body for body in numbered if re.search(rb"/Type/Page(?!s)", body)]
    return ["".join(_words(objects, _number(body, b"Contents"), _fonts(objects, body))) for body in wanted]


def squeezed(text: str) -> str:
    """A text as ``pages`` gives it."""
    return "".join(text.split())


def _words(objects: Mapping[int, bytes], content: int, fonts: Mapping[bytes, Letters]) -> Iterator[str]:
    letters: Letters = {}
    for kind, found in _tokens(_stream(objects[content])):
        if kind == "font":
            letters = fonts[found]
        else:
            yield squeezed(_read(found, letters))


def _tokens(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Fonts chosen and strings shown, in their order; brackets within a string may be bare where they pair."""
    at = 0
    while match := re.compile(rb"/f\d+ [\d.]+ Tf|\(").search(content, at):
        at = match.end()
        if font := FONT.fullmatch(match[0]):
            yield "font", font[1]
            continue
        begin, depth = at, 1
        while depth:
            depth += {b"(": 1, b")": -1}.get(content[at : at + 1], 0)
            at += 2 if content[at : at + 1] == b"\\" else 1
        yield "string", content[begin : at - 1]


def _read(string: bytes, letters: Letters) -> str:
    raw = ESCAPE.sub(lambda match: PLAIN.get(match[1]) or _plain(match[1]), string)
    return "".join(letters.get(int.from_bytes(raw[at : at + 2]), "") for at in range(0, len(raw), 2))


def _plain(escaped: bytes) -> bytes:
    return bytes([int(escaped, 8)]) if len(escaped) == 3 else escaped


def _fonts(objects: Mapping[int, bytes], page: bytes) -> dict[bytes, Letters]:
    resources = objects[_number(page, b"Resources")]
    named = re.search(rb"/Font<<(.*?)>>", resources)
    pairs = re.findall(rb"/(f\d+) (\d+) 0 R", named[1]) if named else []
    return {name: _letters(objects, objects[int(number)]) for name, number in pairs}


def _letters(objects: Mapping[int, bytes], font: bytes) -> Letters:
    table = _stream(objects[_number(font, b"ToUnicode")])
    return {
        int(code, 16): bytes.fromhex(letter.decode()).decode("utf-16-be")
        for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.S)
        for code, letter in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block)
    }


def _number(body: bytes, name: bytes) -> int:
    found = re.search(b"/" + name + rb" (\d+) 0 R", body)
    assert found is not None, name
    return int(found[1])


def _stream(body: bytes) -> bytes:
    found = STREAM.search(body)
    assert found is not None
    return zlib.decompress(found[1])
