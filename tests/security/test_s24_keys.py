"""S24: a ring of keys; values name the key that sealed them, and searches look under every key of the ring."""

from __future__ import annotations

from uuid import UUID

import pytest

from surveys.access.keys.encryption import DecryptionError, Vault
from surveys.access.keys.keyring import KeyRing, KeyRingError, read_keys

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
PLACE = ("patient", "surname_enc", UUID("01890000-0000-7000-8000-000000000001"))
BEFORE, DURING, AFTER = (Vault(KeyRing(keys)) for keys in ({1: OLD}, {2: NEW, 1: OLD}, {2: NEW}))


def test_s24_a_ring_opens_what_the_old_key_sealed_and_seals_with_the_new_one() -> None:
    old = BEFORE.seal("Núñez", *PLACE)
    assert DURING.open(old, *PLACE) == "Núñez"
    new = DURING.seal("Núñez", *PLACE)
    assert (old[0], new[0]) == (1, 2)
    assert AFTER.open(new, *PLACE) == "Núñez"


def test_s24_without_its_key_a_value_is_refused_with_the_keys_number() -> None:
    with pytest.raises(DecryptionError, match="needs key 1, which is not in MASTER_KEYS"):
        AFTER.open(BEFORE.seal("Núñez", *PLACE), *PLACE)


def test_s24_a_search_looks_for_the_index_under_every_key() -> None:
    assert DURING.indexes("Núñez", "surname") == [AFTER.index("Núñez", "surname"), BEFORE.index("Núñez", "surname")]
    assert DURING.index("Núñez", "surname") == AFTER.index("Núñez", "surname")
    assert BEFORE.index("Núñez", "surname") != BEFORE.index("Núñez", "chart_number")


def test_s24_one_key_is_number_one_of_a_ring() -> None:
    assert read_keys(OLD.hex(), "").keys == read_keys("", f"1:{OLD.hex()}").keys == {1: OLD}
    ring = read_keys("", f" 2:{NEW.hex()} ,\n1:{OLD.hex()}\n")
    assert ring.ids == (2, 1)
    assert ring.current == 2


def test_s24_a_ring_does_not_show_its_keys() -> None:
    assert OLD.hex() not in repr(KeyRing({1: OLD}))
    assert repr(OLD) not in repr(KeyRing({1: OLD}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"0:{OLD.hex()}", "no id from 1 to 255"),
        (f"256:{OLD.hex()}", "no id from 1 to 255"),
        (OLD.hex(), "no id from 1 to 255"),
        ("2:abc", "key 2 of MASTER_KEYS must be 64 hexadecimal digits"),
        (f"2:{OLD.hex()},2:{NEW.hex()}", "names the key 2 twice"),
        (f"2:{OLD.hex()},1:{OLD.hex()}", "one key under two ids"),
        (" , ", "is empty"),
    ],
)
def test_s24_a_ring_that_cannot_work_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(KeyRingError, match=says) as refused:
        read_keys("", text)
    assert OLD.hex() not in str(refused.value)


def test_s24_two_settings_at_once_are_refused() -> None:
    with pytest.raises(KeyRingError, match="Keep MASTER_KEYS"):
        read_keys(OLD.hex(), f"1:{OLD.hex()}")
