"""``python -m local.passport``: what ``make passport`` runs."""

from __future__ import annotations

import sys

from local.passport.command import passport
from local.trouble import LocalError

TROUBLE = 2


def main() -> int:
    """Return the exit status: 2 with a sentence when it could not go on."""
    try:
        passport(sys.argv[1:])
    except LocalError as error:
        print(error, file=sys.stderr)
        return TROUBLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
