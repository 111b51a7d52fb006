"""Sealed values and passwords: what must not open does not, and says so in one way."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.access.keys.encryption import DecryptionError, Vault
from surveys.access.signin.passwords import LONGEST, PasswordError, hash_password, verify

VAULT = Vault(bytes(range(32)))
ROW = UUID("01890000-0000-7000-8000-000000000001")
OTHER = UUID("01890000-0000-7000-8000-000000000002")
PLACE = ("patient", "surname", ROW)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_opens_at_its_place_only(value: str) -> None:
    sealed = VAULT.seal(value, *PLACE)
    assert VAULT.open(sealed, *PLACE) == value
    for place in (("patient", "surname", OTHER), ("patient", "email", ROW), ("staff", "surname", ROW)):
        with pytest.raises(DecryptionError):
            VAULT.open(sealed, *place)


@given(st.binary(max_size=80))
def test_bytes_that_nobody_sealed_are_refused(sealed: bytes) -> None:
    with pytest.raises(DecryptionError):
        VAULT.open(sealed, *PLACE)


@given(st.integers(0, 40))
def test_a_value_cut_short_or_under_another_key_id_is_refused(length: int) -> None:
    sealed = VAULT.seal("Núñez and others", *PLACE)
    for broken in (sealed[:length], b"\x02" + sealed[1:], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(DecryptionError):
            VAULT.open(broken, *PLACE)


@pytest.mark.parametrize("length", [0, 11, 129])
def test_a_new_password_has_12_to_128_characters(length: int) -> None:
    with pytest.raises(PasswordError, match=f"this one has {length}"):
        hash_password("x" * length)


def test_a_password_does_not_fit_with_something_behind_it() -> None:
    longest = ("no list holds this. " * LONGEST)[:LONGEST]
    kept = hash_password(longest)
    assert verify(kept, longest)
    assert not verify(kept, longest + "y")
    assert not verify(kept, longest[:-1])


@pytest.mark.parametrize("kept", [None, "", "not a hash", "$argon2id$v=19$m=65536,t=3,p=4$broken"])
def test_nobody_gets_in_without_a_readable_hash(kept: str | None) -> None:
    assert not verify(kept, "a password of some length")
