"""The image and compose.yaml: nobody is root, nothing is writable, no port but the proxy's, every setting is known."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.account import is_root
from local.ports import LOOPBACK, free_port
from surveys.secret_files import IN_FILES
from tests.operations.deployment import compose, copied, dockerfile, only, start_command
from tests.servers.processes import ROOT, _answers, end_group, wait_until

OURS = ("web", "worker", "beat", "migrate", "backup", "restore")
PARTS = {"postgres", "redis", "migrate", "web", "worker", "beat", "backup", "restore", "proxy"}
NOT_ROOT = {"postgres": "postgres", "redis": "redis"}
READERS = ("config.py", "channels/gateway.py", "channels/mailbox.py")
READ_BY_OTHERS = {"DATABASE_OWNER_URL", "PROMETHEUS_MULTIPROC_DIR", "GRANIAN_LOG_CONFIG"}


def known_settings() -> set[str]:
    """Every name that our readers of settings ask for, and its file."""
    texts = [(ROOT / "surveys" / name).read_text() for name in READERS]
    asked = {name for text in texts for name in re.findall(r'"([A-Z][A-Z_]+)"', text)}
    return asked | READ_BY_OTHERS | set(IN_FILES) | {f"{name}_FILE" for name in IN_FILES}


@pytest.mark.parametrize("name", sorted(PARTS))
def test_every_service_is_read_only_and_may_gain_nothing(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service.get("cap_add", ())) <= ({"NET_BIND_SERVICE"} if name == "proxy" else set())
    assert "privileged" not in service
    assert service.get("tmpfs"), "with a read-only root, /tmp has to be somewhere"


def test_the_parts_are_all_there_and_only_the_proxy_is_reached_from_outside() -> None:
    services = compose()["services"]
    assert set(services) == PARTS
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert compose()["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert services[name]["networks"] == ["inside"]
        assert services[name]["user"] == NOT_ROOT[name]
    assert "inside" not in services["proxy"]["networks"]


def test_the_proxy_keeps_metrics_and_probes_inside() -> None:
    caddyfile = compose()["configs"]["caddyfile"]["content"]
    assert re.search(r"@inside path /metrics /readyz /healthz\s+respond @inside 404", caddyfile)


def test_long_running_parts_are_watched() -> None:
    services = compose()["services"]
    for name in ("postgres", "redis", "worker", "beat", "proxy"):
        assert services[name]["healthcheck"]["test"][0] == "CMD"
    assert "healthcheck" not in services["web"], "the image's own"
    assert "/readyz" in only("HEALTHCHECK")


def test_secrets_come_from_files_and_every_one_is_declared() -> None:
    whole = compose()
    for name, service in whole["services"].items():
        for setting, value in service.get("environment", {}).items():
            if setting.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], f"{name}: {setting}"
            assert not re.search("PASSWORD|SECRET|KEY|TOKEN", setting.removesuffix("_FILE")) or setting.endswith(
                "_FILE"
            )
        assert set(service.get("secrets", ())) <= set(whole["secrets"])
    owners = {name for name in OURS if "database_owner_url" in whole["services"][name]["secrets"]}
    assert owners == {"migrate", "restore"}


def test_every_setting_is_one_that_the_application_reads() -> None:
    for name in OURS:
        assert set(compose()["services"][name]["environment"]) <= known_settings(), name
    named = set(re.findall(r"([A-Z][A-Z_]+)=", only("ENV")))
    assert named - {"PATH", "FLASK_APP", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"} <= known_settings()


def test_commands_of_the_parts_exist() -> None:
    flask = {tuple(compose()["services"][name]["command"][:2]) for name in ("migrate", "backup")}
    assert flask == {("flask", "db"), ("flask", "backup")}
    for name in ("worker", "beat"):
        assert compose()["services"][name]["command"][:5] == ["celery", "--quiet", "-A", "tasks", name]


def test_the_image_runs_as_nobody_special() -> None:
    assert only("USER") == "backstory"
    order = [step.word for step in dockerfile()]
    assert order.index("USER") < order.index("CMD")
    assert order.index("USER") > max(place for place, word in enumerate(order) if word in ("COPY", "RUN"))
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in copied()} <= set(ignored)


@contextmanager
def read_only_tree() -> Iterator[Path]:
    """What the image takes in, owned by somebody else and writable by nobody, in a folder that others may enter."""
    with tempfile.TemporaryDirectory(prefix="backstory-image-") as name:
        Path(name).chmod(0o755)
        tree = Path(name) / "tree"
        tree.mkdir()
        for part in copied():
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, tree / part)
        scratch = Path(name) / "tmp"
        scratch.mkdir()
        scratch.chmod(0o1777)
        subprocess.run(["chmod", "-R", "a-w", tree], check=True)
        try:
            yield tree
        finally:
            subprocess.run(["chmod", "-R", "u+w", tree], check=True)


def as_nobody(command: list[str]) -> list[str]:
    """Run it without root's powers; reading alone is kept, since the interpreter may lie in root's folder."""
    if not is_root():
        return command
    kept = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    return ["setpriv", "--reuid=nobody", "--clear-groups", "--no-new-privs", *kept, "--", *command]


@pytest.mark.faults
def test_the_image_command_serves_as_nobody_on_a_read_only_tree(environment: dict[str, str], database_url: str) -> None:
    assert environment["DATABASE_URL"] == database_url
    port, with_tree = free_port(), read_only_tree()
    command = ["-m", *start_command()]
    command[command.index("--host") + 1], command[command.index("--port") + 1] = LOOPBACK, str(port)
    with with_tree as tree:
        scratch = tree.parent / "tmp"
        settings = {
            **os.environ,
            **environment,
            "TMPDIR": str(scratch),
            "PROMETHEUS_MULTIPROC_DIR": str(scratch / "metrics"),
            "GRANIAN_LOG_CONFIG": str(tree / "surveys" / "granian_log.json"),
            "LOG_FORMAT": "json",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        settings.pop("PYTHONPATH", None)
        with (tree.parent / "log").open("wb") as log:
            child = subprocess.Popen(
                as_nobody([sys.executable, *command]),
                cwd=tree,
                env=settings,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            url = f"http://{LOOPBACK}:{port}/readyz"
            wait_until(lambda: child.poll() is not None or _answers(url), "the image's command", 60)
            assert child.poll() is None, (tree.parent / "log").read_text()
            status = Path(f"/proc/{child.pid}/status").read_text()
            uids = re.search(r"Uid:\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", status)
            assert uids
            assert "0" not in uids.groups(), "it runs as root"
        finally:
            end_group(child)
