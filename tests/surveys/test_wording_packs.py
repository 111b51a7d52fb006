"""Licensed wording: installed with its licence, served, recorded, and asked for in production."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from surveys.application import create_app
from surveys.config import ConfigError, read_config
from surveys.models import Response
from surveys.models.screen_use import ScreenUse
from surveys.wordings import FOLDER, WordingError, offer, wording_for
from tests.patients import invite, seen_by

REF = 'Licence "7" of 2026'
WHO = "Ana Ruiz, head of outcomes"
UNDER = ("--licence-ref", REF, "--attested-by", WHO)
PAIN = 'text = "My pain: a licensed sentence stands here"'


def pack(language: str = "en", instrument: str = "odi", old: str = "", new: str = "") -> str:
    """A pack made of the working wording: marked as licensed, with one change."""
    text = (FOLDER / language / f"{instrument}.toml").read_text(encoding="utf-8")
    assert old in text
    return text.replace('status = "working"', 'status = "licensed"').replace(old, new, 1)


@pytest.fixture
def settings(environment: dict[str, str], database_url: str, tmp_path: Path) -> dict[str, str]:
    assert environment["DATABASE_URL"] == database_url
    safe = {"BACKSTORY_ENV": "production", "PUBLIC_BASE_URL": "https://outcomes.example.org", "SMS_URL": ""}
    return {**environment, **safe, "WORDING_FOLDER": str(tmp_path / "wording")}


@pytest.fixture(autouse=True)
def usual_wording() -> Iterator[None]:
    """Packs are served by the whole process: put them away again."""
    yield
    offer({})


def flask(settings: Mapping[str, str], *arguments: str) -> Result:
    allowed = read_config({**settings, "ALLOW_WORKING_WORDING": "1"})
    return create_app(allowed).test_cli_runner().invoke(args=["wording", *arguments])


def write(folder: Path, text: str, name: str = "pack.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_production_asks_for_licensed_wording_and_says_how(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"eq5d3l\.en\.working\.1.*flask wording install.*ALLOW_WORKING_WORDING=1"):
        create_app(read_config(settings))
    create_app(read_config({**settings, "ALLOW_WORKING_WORDING": "1"}))
    create_app(read_config({**settings, "BACKSTORY_ENV": "demo"}))


def test_production_starts_once_every_licensed_instrument_of_its_languages_is_installed(
    settings: dict[str, str], tmp_path: Path
) -> None:
    for instrument in ("odi", "eq5d3l", "promis_gh"):
        file = write(tmp_path / "from-the-owner", pack(instrument=instrument), f"{instrument}.toml")
        assert file.exists()
    done = flask(settings, "install", str(tmp_path / "from-the-owner"), *UNDER)
    assert done.exit_code == 0, done.output
    with pytest.raises(ConfigError, match=r"eq5d3l\.es"):
        create_app(read_config(settings))
    create_app(read_config({**settings, "WORDING_LANGUAGES": "en"}))
    with pytest.raises(WordingError, match="WORDING_LANGUAGES, xx"):
        create_app(read_config({**settings, "WORDING_LANGUAGES": "xx"}))


def test_an_installed_pack_is_what_the_patient_sees_and_the_response_keeps(
    settings: dict[str, str], app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    first = wording_for("odi", "en").items[0]
    text = pack(old=f'text = "{first.text}"', new=PAIN)
    flask(settings, "install", str(write(tmp_path, text)), *UNDER)
    listed = flask(settings, "list").output
    wording = wording_for("odi", "en")
    assert (wording.wording_id, wording.licence_ref) == ("odi.en.licensed.1", REF)
    assert f"{wording.hash[:16]}  {REF}; attested by {WHO} on {wording.attested_on}" in listed
    assert date.fromisoformat(wording.attested_on) <= datetime.now(UTC).date()
    assert "odi.es.working.1" in listed
    assert "needs a licence" in listed
    invited = invite(app)
    client.post(f"/q/{invited.token}", data={"respondent": "self", "consent": "1"})
    started = client.get("/s/odi/1")
    assert "My pain: a licensed sentence stands here" in started.text
    token = started.text.partition('name="token" value="')[2].partition('"')[0]
    assert client.post("/s/odi/1", data={"token": token, "answer": "2", "action": "save"}).status_code == 303
    with seen_by(app, invited.clinic_id) as session:
        assert session.scalars(select(Response.wording_hash)).one() == wording.hash
        assert session.scalars(select(ScreenUse.wording_hash)).one() == wording.hash


def test_a_newer_pack_keeps_the_text_that_older_responses_name(settings: dict[str, str], tmp_path: Path) -> None:
    flask(settings, "install", str(write(tmp_path, pack())), *UNDER)
    create_app(read_config({**settings, "ALLOW_WORKING_WORDING": "1"}))
    older = wording_for("odi", "en")
    newer = pack(old=f'text = "{older.items[0].text}"', new=PAIN)
    flask(settings, "install", str(write(tmp_path, newer)), *UNDER)
    kept = Path(settings["WORDING_FOLDER"]) / "former" / f"{older.hash}.txt"
    assert older.items[0].text in kept.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('code = "travelling"', 'code = "flying"', "code: must be one of pain_intensity"),
        ('status = "licensed"', 'status = "working"', 'pack.toml, status: must be "licensed"'),
        ('version = "1"', 'version = "1"\nlicence_ref = "x"', "pack.toml, licence_ref: is given with --licence-ref"),
        ('version = "1"', 'version = "1"\nattested_by = "x"', "pack.toml, attested_by: is given with --attested-by"),
        ('title = "', 'title = "\n', "pack.toml, (syntax)"),
        ('language = "en"', 'language = "../../en"', "pack.toml, language: must be a language's code"),
        ('language = "en"', 'language = "en-GB"', "pack.toml, language: must be a language's code"),
    ],
)
def test_a_faulty_pack_is_named_by_file_key_and_reason_and_changes_nothing(
    settings: dict[str, str], tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = pack()
    assert old in text
    path = str(write(tmp_path, text.replace(old, new, 1)))
    for arguments in (("check", path), ("install", path, *UNDER)):
        told = flask(settings, *arguments)
        assert told.exit_code == 1
        assert said in told.output
    assert not Path(settings["WORDING_FOLDER"]).exists()


def test_every_fault_of_a_pack_is_named_at_once_with_file_item_and_level(
    settings: dict[str, str], tmp_path: Path
) -> None:
    faulty = pack().replace('code = "travelling"', 'code = "flying"').replace('4 = "Very', '6 = "Very', 1)
    folder = write(tmp_path / "two", faulty, "one.toml").parent
    write(
        folder, pack(instrument="eq5d3l").replace("[[items]]", '[[items]]\ncode = "vas"\ntext = "Again"\n[[items]]', 1)
    )
    told = flask(settings, "check", str(folder))
    assert told.exit_code == 1
    for fault in (
        "one.toml, items[9].code: must be one of pain_intensity",
        "one.toml, items.travelling: must be there once; it is missing.",
        "one.toml, items.pain_intensity.levels: must hold exactly 0, 1, 2, 3, 4, 5; 4 is missing; 6 is not a level",
        "pack.toml, items.vas: must be there once; it is there 2 times.",
    ):
        assert fault in told.output


def test_one_instrument_cannot_stand_twice_in_a_pack(settings: dict[str, str], tmp_path: Path) -> None:
    folder = write(tmp_path / "two", pack(), "one.toml").parent
    write(folder, pack())
    assert "en/odi: is there 2 times" in flask(settings, "install", str(folder), *UNDER).output
    assert not Path(settings["WORDING_FOLDER"]).exists()


def test_what_was_installed_before_attestations_is_served_and_says_what_it_lacks(settings: dict[str, str]) -> None:
    write(Path(settings["WORDING_FOLDER"]) / "en", 'licence_ref = "L 1"\n' + pack(), "odi.toml")
    assert "L 1; not attested: install it again with --attested-by" in flask(settings, "list").output


def test_an_install_needs_a_licence_and_a_place(settings: dict[str, str], tmp_path: Path) -> None:
    path = str(write(tmp_path, pack()))
    assert "--licence-ref: is blank" in flask(settings, "install", path, "--licence-ref", " ", *UNDER[2:]).output
    assert "Missing option '--attested-by'" in flask(settings, "install", path, *UNDER[:2]).output
    for who in (" ", "Ana Ruiz", "Ana Ruiz, "):
        told = flask(settings, "install", path, *UNDER[:2], "--attested-by", who)
        assert '--attested-by "NAME, ROLE"' in told.output
        assert told.exit_code == 1
    placeless = {**settings, "WORDING_FOLDER": ""}
    assert "WORDING_FOLDER is not set" in flask(placeless, "install", path, *UNDER).output
    assert flask(settings, "check", path).output.endswith("ok\n")


def test_a_text_put_into_the_folder_by_hand_is_refused(settings: dict[str, str]) -> None:
    write(Path(settings["WORDING_FOLDER"]) / "en", pack(), "odi.toml")
    with pytest.raises(WordingError, match=r"en/odi\.toml, licence_ref: is missing"):
        create_app(read_config(settings))
