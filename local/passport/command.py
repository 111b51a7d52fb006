"""Draw every screen of patients, write the book and its hashes, and say what differs from an older passport."""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from local import chromium
from local.settings import ROOT
from local.trouble import LocalError

OUT = ROOT / "dist" / "passport"
ALL_SIZES = "320x568 360x740 390x844 412x915 844x390"
SIZE = re.compile(r"([1-9][0-9]{2,3})x([1-9][0-9]{2,3})")


def passport(arguments: Sequence[str]) -> None:
    """Draw the passport into ``dist/passport``, in place of the one that was there."""
    asked = _parser().parse_args(arguments)
    path = chromium.find()
    if path is None:
        raise LocalError("There is no Chromium: `make browser` finds or installs one.")
    _draw(asked, path)


def _draw(asked: argparse.Namespace, path: str) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  a package of the development group

    from local.passport.making import make  # noqa: PLC0415  it needs the settings of the server below
    from local.passport.stage import served  # noqa: PLC0415

    part = asked.out.with_name(f"{asked.out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    begun = datetime.now(UTC)
    print("Starting a server on an empty database ...", flush=True)
    with served() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        changed = make(base, browser, asked, part, _progress())
        browser.close()
    shutil.rmtree(asked.out, ignore_errors=True)
    part.rename(asked.out)
    _report(asked, [str(each) for each in changed])
    print(f"It took {(datetime.now(UTC) - begun).seconds} s.")


def _report(asked: argparse.Namespace, changed: Sequence[str]) -> None:
    if asked.against:
        print("\n".join(changed) if changed else f"No screen differs from {asked.against}.")
    print(f"{asked.out / 'passport.pdf'} and passport.json are written.")


def _progress() -> Callable[[str], None]:
    begun, count = datetime.now(UTC), 0

    def tell(what: str) -> None:
        nonlocal count
        count += 1
        if count % 20 == 1:
            print(f"  {(datetime.now(UTC) - begun).seconds:4} s  {count:4}  {what}", flush=True)

    return tell


def _size(text: str) -> tuple[int, int]:
    match = SIZE.fullmatch(text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 320x568")
    return int(match[1]), int(match[2])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make passport ARGS='...'", description=__doc__)
    usual = [_size("320x568"), _size("390x844")]
    parser.add_argument("--against", type=Path, help="an older passport.json, with its pictures beside it")
    parser.add_argument("--languages", nargs="+", metavar="LANGUAGE", help="some languages; all without it")
    parser.add_argument("--instruments", nargs="+", default=[], metavar="CODE", help="items of these alone")
    parser.add_argument("--sizes", nargs="+", type=_size, default=usual, metavar="WxH", help="window sizes")
    whole = [_size(each) for each in ALL_SIZES.split()]
    parser.add_argument("--all-sizes", dest="sizes", action="store_const", const=whole, help=ALL_SIZES)
    parser.add_argument("--out", type=Path, default=OUT, help=argparse.SUPPRESS)
    return parser
