"""``python -m local``: run the demo, give it a command, start over, check the migrations."""

import argparse
import shutil
import sys
from collections.abc import Callable

from local import chromium, locks, roles, verify_claims
from local.checks import check_migrations
from local.launcher import flask, run
from local.settings import Home, home, recall
from local.translations import check_translations, gather_translations
from local.trouble import LocalError

TROUBLE = 2


def main() -> int:
    """Return the exit status: 0 after a normal end, 2 with a sentence when it could not go on."""
    options = _parser().parse_args()
    if options.command == "verify-claims":
        return verify_claims.run(options.file, options.key)
    try:
        _commands(home(), options)[options.command]()
    except LocalError as error:
        print(error, file=sys.stderr)
        return TROUBLE
    return 0


def _commands(place: Home, options: argparse.Namespace) -> dict[str, Callable[[], None]]:
    return {
        "run": lambda: run(place),
        "flask": lambda: give_command(place, options.arguments),
        "reset": lambda: reset(place),
        "check-migrations": check_migrations,
        "check-translations": check_translations,
        "gather-translations": gather_translations,
        "chromium": ensure_chromium,
    }


def give_command(place: Home, arguments: list[str]) -> None:
    """Run a command of the application with the settings of the running demo."""
    if not place.redis.answers():
        raise LocalError("The demo is not running: start it with `make run` in another terminal.")
    backup = {"BACKUP_DATABASE_URL": place.postgres.alchemy_url(roles.BACKUP)}  # commands alone know this role
    flask(arguments, {**recall(place), **backup})


def reset(place: Home) -> None:
    """Remove every trace of the demo, unless it is running."""
    if not place.folder.exists():
        print("There is nothing to remove.")
        return
    if not place.is_ours():
        raise LocalError(f"{place.folder} holds more than a demo: nothing is removed. Is VAR right?")
    with locks.only_launcher(place.run):
        locks.end_leftovers(place.run)
        place.redis.stop()
        place.postgres.stop("immediate")
        shutil.rmtree(place.folder)
    print(f"Removed {place.folder}: patients, answers, mail and secrets of the demo.")


def ensure_chromium() -> None:
    """Find or install a Chromium; without one the browser tests are skipped, which REQUIRE_ALL=1 refuses."""
    if chromium.ensure() is None:
        print("No Chromium could be installed: the browser tests will not run.", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start everything; PORT and LAN are read from the environment")
    command = commands.add_parser("flask", help="a command of the application, such as: demo advance --months 3")
    command.add_argument("arguments", nargs=argparse.REMAINDER)
    commands.add_parser("reset", help="remove the demo's data")
    commands.add_parser("check-migrations", help="compare migrations with models")
    commands.add_parser("check-translations", help="compare the catalogues with the source")
    commands.add_parser("gather-translations", help="bring the catalogues up to date with the source")
    commands.add_parser("chromium", help="find or install a browser for the tests")
    verify_claims.add_arguments(commands.add_parser("verify-claims", help="check signed figures of a public page"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
