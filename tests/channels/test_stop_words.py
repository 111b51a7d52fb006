"""Which replies stop texts."""

from __future__ import annotations

import pytest

from surveys.channels.stop_words import stops

LATIN = ("STOP", "stop.", " Stop! ", "STOP please", "“STOP”", "opt-out", "Arrêt", "ARRET", "STOPP", "Ende", "abmelden")
SPANISH = ("Alto", "ALTO por favor", "BAJA", "cancelar")
ARABIC = ("إيقاف", "ايقاف", "أوقف", "توقف", "إلغاء", "\u200fإيقاف\u200f")
OTHERS = ("", " ", "START", "Hello", "I will stop by", "cancel my appointment", "non-stop", "بداية", "1", "\0", "🛑")


@pytest.mark.parametrize("reply", [*LATIN, *SPANISH, *ARABIC])
def test_a_stop_word_stops(reply: str) -> None:
    assert stops(reply)


@pytest.mark.parametrize("reply", OTHERS)
def test_anything_else_stops_nothing(reply: str) -> None:
    assert not stops(reply)
