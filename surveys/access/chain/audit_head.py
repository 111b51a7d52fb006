"""The heads of all chains as a file that is kept elsewhere: against it a chain that was cut off or rewritten shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from surveys.access.chain.verification import Head

FORMAT = "backstory audit heads 1"


class HeadError(ValueError):
    """The file holds no heads; the text says what is wrong."""


def write_heads(heads: Mapping[UUID, Head], *, now: datetime) -> str:
    """Return the file's text."""
    clinics = {
        str(clinic_id): {"seal": head.position, "event": head.sequence, "hash": head.chain_hash.hex()}
        for clinic_id, head in heads.items()
    }
    return json.dumps({"format": FORMAT, "made_at": now.isoformat(), "clinics": clinics}, indent=1) + "\n"


def read_heads(text: str) -> dict[UUID, Head]:
    """Return the heads by clinic; raises HeadError."""
    try:
        file = json.loads(text)
        if file["format"] != FORMAT:
            raise HeadError(f"the file says it is {file['format']!r}, not {FORMAT!r}")
        return {
            UUID(clinic_id): Head(int(each["seal"]), int(each["event"]), bytes.fromhex(each["hash"]))
            for clinic_id, each in file["clinics"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise HeadError(f"it lacks {error}") from error
    except ValueError as error:
        raise HeadError(str(error)) from error
