"""The data map as a document to read, drawn from the classification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from surveys.privacy.data_map import Entry, data_map

FILE = Path(__file__).parents[2] / "docs" / "data-map.md"
HEAD = """# Data map

Drawn from `surveys/privacy/data_map.toml` by `flask --app wsgi privacy map --write`; a test keeps the two equal. The
export of one person and erasure read the same file, so that what this page says is what they do.

## Who is counted where
| Figures | Who reads them | Whom they count |
|---|---|---|
| The clinic's own | Its clinicians, coordinators, admins, analysts | Everybody who takes part. Participation says so |
| Pooled over clinics | Registry analysts whom the clinic let in | Those who allow research use, while they allow it |
| Public | Everybody | Those who allow public figures; groups of ten and more |

Nobody who was erased and wanted out of figures is counted in any. One condition decides: `surveys/people/counted.py`.

## Where data goes
| To | What | Why | How it is protected |
|---|---|---|---|
| PostgreSQL | Everything below | The only store | Row-level security by clinic; contact details AES-256-GCM |
| Redis | Ids of clinics | Wake-ups of the worker | No personal value is ever put there |
| Mail relay | Address, first name, link | Invitations and reminders | TLS by setting; no health information |
| Backups | A copy of the database | Recovery | Encrypted values stay so; see below |
| Logs | Ids, addresses of pages without tokens | Operation | No personal value |

No other processor is built in: no tracking, no foreign scripts, fonts or analytics.

## What erasure does
`kept`: stays, under the number. `emptied`: set to nothing. `replaced`: random bytes instead, so that no link or cookie
fits. `destroyed`: the key is gone, and with it what was sealed under it. Answers, scores and the audit are append-only:
erasure leaves them as they are. A reason that staff typed there stays, and the proof names it where a former value is
found. An older backup still holds an erased person: after restoring one, repeat the erasures made since.
"""


def document() -> str:
    """Return the page in Markdown."""
    return "\n".join([HEAD, *(line for entry in data_map().values() for line in _section(entry))]) + "\n"


def _section(entry: Entry) -> Iterator[str]:
    yield f"## {entry.table}"
    yield f"{entry.purpose}. About: {entry.about}."
    yield ""
    yield f"- Kept: {entry.lasts[0].lower()}{entry.lasts[1:]}."
    yield f"- Seen by: {entry.seen_by[0].lower()}{entry.seen_by[1:]}."
    yield f"- Law: {entry.law}."
    yield ""
    yield "| Column | Class | In the person's export | Erasure |"
    yield "|---|---|---|---|"
    for column in entry.columns.values():
        yield f"| {column.name} | {column.kind} | {'yes' if column.exported else 'no'} | {column.erasure} |"
    yield ""
