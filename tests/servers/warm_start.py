"""The process behind ``tests.servers.warm``: it loads libraries and the application once, then forks for every command.

A command reads its settings from its own environment: our modules read none while they load.
"""

import atexit
import gc
import json
import os
import runpy
import signal
import sys
import traceback
import warnings
from importlib import import_module
from typing import Any

LIBRARIES = (
    *("flask", "flask.cli", "flask_babel", "flask_migrate", "flask_sqlalchemy", "wtforms", "jinja2", "click", "segno"),
    *("sqlalchemy.orm", "sqlalchemy.dialects.postgresql", "psycopg", "psycopg_pool", "alembic.command", "uuid_utils"),
    *("celery", "celery.app.base", "kombu", "redis", "authlib.integrations.requests_client", "requests", "argon2"),
    *("cryptography.hazmat.primitives.ciphers.aead", "numpy", "scipy.special", "scipy.optimize", "babel.dates"),
    *("pandas", "pyarrow", "zxcvbn"),
)
OURS = ("surveys.application", "surveys.demo.commands")


def load() -> None:
    """Import what is installed of the libraries that our commands use."""
    for name in LIBRARIES:
        try:
            import_module(name)
        except ImportError:
            continue
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # some commands are run so, and what ours says while it loads would be missed
        for name in OURS:
            import_module(name)


def serve() -> None:
    """Answer each line of standard input with the command's process id and, once it ended, its status."""
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(request)
        _tell(child)
        _tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _become(request: dict[str, Any]) -> None:
    """Be the command, and end with its status; nothing of this process goes on."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY
        os.dup2(os.open(request[name], flags), number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    os.environ.clear()
    os.environ.update(request["environ"])
    status = _run(request["arguments"])
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _run(arguments: list[str]) -> int:
    if arguments[:2] == ["-W", "error"]:
        warnings.simplefilter("error")
        arguments = arguments[2:]
    kind, what, *rest = arguments
    sys.argv = [what if kind == "-m" else "-c", *rest]
    try:
        if kind == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            exec(what, {"__name__": "__main__"})  # noqa: S102  the test's own words
    except SystemExit as end:
        return _status(end.code)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _status(code: object) -> int:
    if code is None or isinstance(code, int):
        return code or 0
    sys.stderr.write(f"{code}\n")
    return 1


if __name__ == "__main__":
    load()
    gc.freeze()  # what is loaded stays: no command looks through it for what is no longer used
    serve()
