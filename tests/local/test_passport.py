"""The passport of the screens: the same screens give the same hashes, and a changed word shows as that screen's."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from local.passport.differences import Difference, differences, read_passport
from local.passport.making import make
from local.passport.screens import Shot, askings
from local.ports import free_port
from local.trouble import LocalError
from surveys.protocols.loading import bundled_protocols
from surveys.wordings import FOLDER, load_folder, offer, wording_for
from tests.servers.processes import web_server as serve

pytestmark = pytest.mark.browser
WORD, OTHER = "Worse than ever", "Worse than before"


@pytest.fixture
def changed_word(tmp_path: Path) -> Iterator[Path]:
    """A folder with a pack in which one answer of one item reads otherwise, served here as by a server with it."""
    text = (FOLDER / "en" / "gpe7.toml").read_text(encoding="utf-8")
    assert WORD in text
    pack = tmp_path / "wording" / "en" / "gpe7.toml"
    pack.parent.mkdir(parents=True)
    text = text.replace(WORD, OTHER).replace('"working"', '"licensed"')
    pack.write_text(f'licence_ref = "L 1"\n{text}', encoding="utf-8")
    yield pack.parent.parent
    offer({})


def asked(against: Path | None = None) -> Namespace:
    return Namespace(against=against, languages=["en"], instruments=["gpe7"], sizes=[(320, 568)])


def draw(base: str, browser: Browser, folder: Path, against: Path | None = None) -> list[Difference]:
    folder.mkdir()
    return make(base, browser, asked(against), folder, lambda _what: None)


def test_the_same_screens_have_the_same_hashes_and_a_changed_word_is_that_screens_difference(
    web_server: str,
    environment: dict[str, str],
    app: Flask,
    browser: Browser,
    changed_word: Path,
    tmp_path: Path,
) -> None:
    assert app
    assert draw(web_server, browser, tmp_path / "one") == []
    first = tmp_path / "one" / "passport.json"
    assert draw(web_server, browser, tmp_path / "two", first) == []
    assert (tmp_path / "two" / "passport.json").read_text() == first.read_text()
    _is_whole(tmp_path / "one")

    port = f"http://localhost:{free_port()}"
    offer(load_folder(changed_word))
    with serve({**environment, "PUBLIC_BASE_URL": port, "WORDING_FOLDER": str(changed_word)}, tmp_path / "log") as base:
        found = draw(base, browser, tmp_path / "three", first)
    assert [each.screen for each in found] == ["gpe7.gpe", "item with an error"], "both show the word, no other does"
    assert {(each.kind, each.lines) for each in found} == {("words", (f"- {WORD}", f"+ {OTHER}"))}
    older = found[0].before
    assert (tmp_path / "three" / "before" / older).read_bytes() == (tmp_path / "one" / older).read_bytes()
    assert (tmp_path / "three" / found[0].after).is_file()


def _is_whole(folder: Path) -> None:
    """Each screen with its wording, layout and hashes; the book beside them."""
    written = json.loads((folder / "passport.json").read_text(encoding="utf-8"))
    wording = wording_for("gpe7", "en")
    assert [(each["id"], each["status"], each["sha256"]) for each in written["wordings"]] == [
        ("gpe7.en.working.1", "working", wording.hash)
    ]
    screens = {row["screen"]: row for row in written["screens"]}
    assert {"landing", "landing with an error", "gpe7.gpe", "item with an error", "review", "thanks"} <= set(screens)
    item = screens["gpe7.gpe"]
    assert (item["address"], item["wording_hash"], item["layout"]) == ("/s/gpe7/1", wording.hash, "rows-1")
    assert screens["landing"]["address"] == "/q/TOKEN"
    assert len({row["picture"] for row in screens.values()}) == len(screens)
    assert (folder / "passport.pdf").read_bytes().startswith(b"%PDF")


def test_every_item_of_the_bundled_protocols_is_looked_at_once() -> None:
    looked_at = [(each.instrument, each.item.code) for asking in askings() for each in asking.screens]
    protocols = bundled_protocols().values()
    batteries = [entry for each in protocols for timepoint in each.timepoints for entry in timepoint.battery]
    assert len(looked_at) == len(set(looked_at))
    assert set(looked_at) == {(entry.instrument, item) for entry in batteries for item in entry.items}


def test_a_layout_that_changed_a_new_screen_and_one_that_is_gone_are_told_apart() -> None:
    def shot(screen: str, picture: str) -> Shot:
        return Shot(screen, "/s/x", "en", "320x568", "", "", "page", "words", picture, f"{screen}.png")

    before = [shot(name, "1").as_row() for name in ("same", "moved", "gone")]
    found = differences(before, [shot("same", "1"), shot("moved", "2"), shot("new", "1")])
    assert [(each.screen, each.kind) for each in found] == [("moved", "layout"), ("new", "new"), ("gone", "gone")]


@pytest.mark.parametrize("text", ["", "[]", '{"screens": [{"screen": "x"}]}'])
def test_a_file_that_is_no_passport_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "passport.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LocalError, match=r"passport\.json"):
        read_passport(path)
