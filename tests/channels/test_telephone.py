"""One number, however it is typed."""

from __future__ import annotations

import pytest

from surveys.access.keys.encryption import Vault
from surveys.channels.telephone import comparable, from_network, international, masked


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+44 7700 900123", "+447700900123"),
        ("+44 (0)7700-900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("\u202a+34 600.11.22.33\u202c", "+34600112233"),
        ("+٣٤ ٦٠٠ ١١ ٢٢ ٣٣", "+34600112233"),
        ("+34600112233", "+34600112233"),  # full width
        ("600 11 22 33", None),
        ("07700 900123", None),
        ("+0 7700 900123", None),
        ("+44 77", None),
        ("+" + "4" * 16, None),
        ("CLINIC", None),
        ("", None),
    ],
)
def test_a_number_is_international_or_none(typed: str, number: str | None) -> None:
    assert international(typed) == number


@pytest.mark.parametrize(
    ("sender", "number"),
    [("447700900123", "+447700900123"), ("+447700900123", "+447700900123"), ("60777", None), ("Clinic", None)],
)
def test_a_gateway_names_the_sender_with_or_without_plus(sender: str, number: str | None) -> None:
    assert from_network(sender) == number


def test_marks_make_no_other_number_and_countries_do() -> None:
    vault = Vault(bytes(32))
    assert vault.index("+44 (0)7700 900-123", "phone") == vault.index("00447700900123", "phone")
    assert vault.index("+447700900123", "phone") != vault.index("07700900123", "phone")
    assert comparable("07700 900123") == "07700900123"


def test_a_masked_number_tells_two_digits() -> None:
    assert masked("+44 7700 900134") == "•••34"
