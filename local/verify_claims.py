"""Check a clinic's signed figures without the application, a database or a network.

This file stands alone: Python and the package ``cryptography`` are all that it needs.
"""

import argparse
import base64
import binascii
import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

ALTERED = 1
TROUBLE = 2


class VerifyError(Exception):
    """What cannot be read as signed figures or as a key; the text says why."""


class AlteredError(Exception):
    """The figures are not those that were signed, or another key signed them."""


def verify(file: bytes, key: bytes) -> dict[str, Any]:
    """Return what was signed; ``file``: the JSON of the page, ``key``: its public key in PEM.

    Raises AlteredError where one digit differs, VerifyError for what is neither.
    """
    public, content, signature = _key(key), *_parts(file)
    expected = sha256(public.public_bytes_raw()).hexdigest()[:16]
    if signature["key"] != expected:
        raise AlteredError(f"It was signed with the key {signature['key']}, and this is the key {expected}.")
    try:
        public.verify(base64.b64decode(signature["value"], validate=True), canonical(content))
    except (InvalidSignature, binascii.Error) as error:
        raise AlteredError("The figures or the signature were changed after signing.") from error
    return content


def canonical(content: object) -> bytes:
    """The bytes that are signed: keys sorted, no spaces, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _key(text: bytes) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise VerifyError("The key is no public key in PEM, as the page's address /key gives it.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise VerifyError("The key is not an Ed25519 key.")
    return key


def _parts(file: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """What was signed and its signature; a key that stands twice would say two things under one signature."""
    try:
        found = json.loads(file, object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float)
        content, signature = found["signed"], found["signature"]
        named = {name: str(signature[name]) for name in ("algorithm", "key", "value")}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise VerifyError(f"This is no file of signed figures: {error!r}.") from error
    if named["algorithm"] != "Ed25519" or not isinstance(content, dict):
        raise VerifyError("This is no file of figures signed with Ed25519.")
    return content, named


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _value in pairs}) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _no_float(text: str) -> NoReturn:
    """Signed figures with decimals are texts: two decimals can be one binary number."""
    raise ValueError(f"{text} is no whole number")


def run(file: Path, key: Path) -> int:
    """Say whether the file is as it was signed; return 0, 1 where it was altered, 2 where it cannot be read."""
    try:
        content = verify(file.read_bytes(), key.read_bytes())
    except AlteredError as error:
        print(f"NOT as signed: {error}", file=sys.stderr)
        return ALTERED
    except (VerifyError, OSError) as error:
        print(error, file=sys.stderr)
        return TROUBLE
    claims = len(content.get("claims", []))
    noun = "statement" if claims == 1 else "statements"
    print(f"As signed: {content.get('clinic')}, {claims} {noun} of {content.get('issued_on')}.")
    return 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command is told."""
    parser.add_argument("file", type=Path, help="the JSON of a public page")
    parser.add_argument("--key", type=Path, required=True, help="its public key in PEM")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    add_arguments(arguments)
    given = arguments.parse_args()
    sys.exit(run(given.file, given.key))
