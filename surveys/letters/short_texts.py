"""The text message: the clinic, one sentence, the address, and how to stop."""

from __future__ import annotations

from surveys.letters.gsm import plainer, size
from surveys.letters.letter import Letter
from surveys.letters.words import kind_of, words

MOST = 3  # segments; each is paid for
SHORTEST_NAME = 11  # characters of a clinic's name that are left in any case


def compose_text(of: Letter) -> str:
    """Return the text in one segment where that can be: in full words, in fewer, or with the clinic's name cut.

    Where it cannot, it says all it has to say, unless that would take more than ``MOST`` segments.

    Several questionnaires have an address each, for none may be lost.
    """
    said = words(of.language)["sms"]
    full: str = said["started" if of.started else "new"][kind_of(of.step, *(part.step for part in of.others))]
    addresses = " ".join((of.url, *(part.url for part in of.others)))
    name = plainer(of.clinic)
    names = (name, _cut(name, said["short"], addresses))
    tried = [words_.format(clinic=each, url=addresses) for each in names for words_ in (full, said["short"])]
    shortest = min(tried, key=lambda text: size(text).segments)
    return tried[0] if size(shortest).segments > 1 and size(tried[0]).segments <= MOST else shortest


def _cut(name: str, words_: str, addresses: str) -> str:
    """Return as many words of the name as leave room for the rest."""
    over = size(words_.format(clinic=name, url=addresses)).units - 160
    if over <= 0:
        return name
    room = max(SHORTEST_NAME, len(name) - over)
    kept = name[: room + 1].rpartition(" ")[0] if len(name) > room else name
    return kept or name[:room]
