"""Static files under addresses that carry their content's hash, and small patient pages on the line.

A hash in the address lets a browser keep a file for a year: a changed file has another address. Staff pages
are left as they are: they show what staff typed beside a form token, which compression could be made to betray.
"""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, request, send_from_directory

from surveys.i18n import PATIENT_PAGES

FOLDER = Path(__file__).parent / "static"
YEAR = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"  # asked for without the hash, or with that of another version
PACKED = PATIENT_PAGES - {None}  # nothing on them comes from another site's request
TEXTS = ("text/", "image/svg+xml", "application/javascript")
JOINED = {"screens.js": ("flow.js", "vas.js", "use.js")}  # one request instead of several; the order is that of running
SMALLEST = 600  # bytes; below this nothing is gained
LEVEL = 1  # half the work of the usual 6 for a twentieth more bytes


@cache
def fingerprint(name: str) -> str:
    """Return the start of a static file's SHA-256; nothing for a name that is no file."""
    content = joined(name)
    path = FOLDER / name
    if content is None and not path.is_file():
        return ""
    return sha256(path.read_bytes() if content is None else content).hexdigest()[:12]


@cache
def joined(name: str) -> bytes | None:
    """Return scripts as one, each in a block of its own so that their names do not meet; None for any other file."""
    if name not in JOINED:
        return None
    scripts = ((FOLDER / part).read_text(encoding="utf-8") for part in JOINED[name])
    return "\n".join(['"use strict";', *(f"{{\n{script}}}" for script in scripts)]).encode()


def _add_fingerprint(endpoint: str, values: dict[str, object]) -> None:
    if endpoint == "static" and "v" not in values:
        values["v"] = fingerprint(str(values.get("filename", "")))


def _keep(response: Response) -> Response:
    """Let browsers keep static files, and pack what is text."""
    if request.endpoint == "static" and response.status_code == 200:
        name = str((request.view_args or {}).get("filename", ""))
        response.headers["Cache-Control"] = YEAR if request.args.get("v") == fingerprint(name) else SHORT
    if _may_pack(response):
        _pack(response)
    return response


def _may_pack(response: Response) -> bool:
    ours = request.endpoint == "static" or request.blueprint in PACKED
    whole = response.status_code not in (206, 304) and "Content-Encoding" not in response.headers
    return ours and whole and request.method == "GET" and (response.mimetype or "").startswith(TEXTS)


def _pack(response: Response) -> None:
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"]:
        return
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= SMALLEST:
        response.set_data(_packed(body) if request.endpoint == "static" else gzip.compress(body, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"


@cache
def _packed(body: bytes) -> bytes:
    """Static files do not change while a process lives."""
    return gzip.compress(body, 9, mtime=0)


def _file(filename: str) -> Response:
    """Serve a static file, or several as one."""
    content = joined(filename)
    if content is None:
        return send_from_directory(FOLDER, filename)
    reply = Response(content, mimetype="text/javascript")
    reply.add_etag()
    reply.make_conditional(request)
    return reply


def _icon() -> Response:
    """Serve browsers that look for the icon where they always have."""
    return send_from_directory(FOLDER, "favicon.svg", max_age=86400)


def install(app: Flask) -> None:
    """Give static files lasting addresses, and pack patient pages."""
    app.view_functions["static"] = _file
    app.url_defaults(_add_fingerprint)
    app.after_request(_keep)
    app.add_url_rule("/favicon.ico", "icon", _icon)
