"""What the launcher decides before it starts anything."""

import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from local.__main__ import reset
from local.keys import secret
from local.launcher import refuse_port
from local.ports import LOOPBACK, free_port
from local.settings import ROOT, Home, choose_ports, settings
from local.trouble import LocalError
from surveys.config import read_config
from surveys.secret_strength import weakness


@pytest.mark.parametrize("text", ["0", "65536", "-1", "abc", "8000 ", "٨٠٠٠", "1e3", "9" * 5000])
def test_a_port_that_cannot_be_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(LocalError, match="it must be a number from 1 to 65535"):
        choose_ports({"PORT": text})


def test_the_demo_listens_on_this_machine_only() -> None:
    ports = choose_ports({"PORT": "8123"})
    assert (ports.host, ports.web_url) == ("127.0.0.1", "http://localhost:8123")


def test_a_secret_stays_and_is_for_its_owner_only(tmp_path: Path) -> None:
    first = secret(tmp_path / "secrets", "master-key")
    assert len(bytes.fromhex(first)) == 32
    assert secret(tmp_path / "secrets", "master-key") == first
    assert stat.S_IMODE((tmp_path / "secrets" / "master-key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["master-key"]


def test_the_mailbox_never_takes_the_port_of_the_web_server() -> None:
    ports = choose_ports({"PORT": "8025"})
    assert ports.web == 8025
    assert ports.mailbox != 8025


@pytest.mark.parametrize("text", ["yes", "true", "1 ", "on"])
def test_an_unclear_wish_to_open_the_demo_is_refused(text: str) -> None:
    with pytest.raises(LocalError, match="LAN=1 lets a phone in"):
        choose_ports({"LAN": text})


def test_a_busy_port_gets_the_name_of_one_that_can_be_used() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        with pytest.raises(LocalError) as refusal:
            refuse_port(taken.getsockname()[1], LOOPBACK)
    offered = re.search(r"make run PORT=([0-9]+)$", str(refusal.value))
    assert offered
    refuse_port(int(offered[1]), LOOPBACK)


def test_two_demos_that_start_side_by_side_get_ports_of_their_own() -> None:
    mine = free_port()  # nobody listens there yet
    ask = f"from local.ports import usual_port; print(usual_port({mine}))"
    command = [sys.executable, "-c", ask]
    theirs = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert int(theirs) != mine
    assert len({free_port() for _ in range(200)}) == 200
    assert free_port(mine) == mine, "a server that starts again stays where it was"


def test_the_demo_takes_replies_to_texts(tmp_path: Path) -> None:
    place = Home(tmp_path)
    values = settings(place, choose_ports({"PORT": "8123"}))
    gateway = read_config(values).sms
    assert gateway
    assert gateway.stop_token == secret(place.secrets, "sms-stop-token")
    assert not weakness(gateway.stop_token)


def test_a_folder_that_holds_more_than_a_demo_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(LocalError, match="nothing is removed"):
        reset(Home(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
