"""What the launcher decides before it starts anything."""

import stat
from pathlib import Path

import pytest

from local.keys import secret
from local.settings import choose_ports
from local.trouble import LocalError


@pytest.mark.parametrize("text", ["0", "65536", "-1", "abc", "8000 ", "٨٠٠٠", "1e3"])
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
