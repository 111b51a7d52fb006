"""The tutorial prints what it says, and what it says is what was published."""

from itertools import zip_longest
from math import isclose

import pytest

from tests.scoring.tutorial import TUTORIAL, printed, steps

STEPS = steps(TUTORIAL.read_text(encoding="utf-8"))


def same(word: str, other: str) -> bool:
    """Equal words, or numbers that agree but for the last digit of a processor."""
    try:
        return isclose(float(word.rstrip(",.")), float(other.rstrip(",.")), rel_tol=1e-4, abs_tol=2e-3)
    except ValueError:
        return word == other


@pytest.mark.parametrize(("command", "said"), STEPS, ids=[command.split()[3] for command, _said in STEPS])
def test_a_command_prints_what_the_tutorial_says(command: str, said: str) -> None:
    found = printed(command)
    wrong = [
        (one, other)
        for one, other in zip_longest(said.split(), found.split(), fillvalue="")
        if one != other and not same(one, other)
    ]
    assert not wrong, found


def said_by(*words: str) -> list[list[str]]:
    """Lines of the first command with all these words, as words."""
    return next(
        [line.split() for line in said.splitlines()]
        for command, said in STEPS
        if all(word in command for word in words)
    )


def test_the_trial_has_its_published_responders() -> None:
    """Atluri et al., Pain Physician 2022;25:193-207: 67 % and 8 %; 74, 66 and 56 %."""
    rates = {line[1]: line[2:5] for line in said_by("odi_m12") if line[:1] == ["complete_case"] and len(line) == 8}
    assert (rates["bmc"][:2], rates["conventional"][:2]) == (["26", "39"], ["3", "39"])
    assert [round(100 * float(rates[arm][2])) for arm in ("bmc", "conventional")] == [67, 8]
    for month, (yes, n, percent) in {"m3": (29, 39, 74), "m6": (25, 38, 66), "m12": (22, 39, 56)}.items():
        line = next(line for line in said_by(f"nrs_active_{month} ") if line[1] == "bmc")
        assert line[:4] == ["complete_case", "bmc", str(yes), str(n)]
        assert round(100 * float(line[4])) == percent


def test_the_trial_has_its_published_means() -> None:
    """Atluri et al., Pain Physician 2022;25:193-207."""
    published = {"bmc": [46.1, 33.4, 28.8, 29.9], "conventional": [44.3, 45.9, 47.3, 48.9]}
    lines = said_by("scoring means")
    for arm, means in published.items():
        assert [round(float(line[3]), 1) for line in lines if line[0] == arm][:4] == means


def test_the_surgery_free_are_as_published() -> None:
    """Pettine: 24, 21 and 20 of 26; Wilson 58 to 89 % at 36 months (scipy.stats.binomtest)."""
    lines = [line for line in said_by("scoring survival") if line[:1] == ["all"]][:3]
    assert [round(100 * float(line[4])) for line in lines] == [92, 81, 77]
    assert [round(100 * float(word)) for word in (lines[2][-3], lines[2][-1])] == [58, 89]


def test_states_have_their_published_index() -> None:
    """Dolan 1997, the British set."""
    lines = [line[0].split(",") for line in said_by("UK_TTO")][1:]
    assert {line[0]: float(line[-1]) for line in lines} == pytest.approx(
        {"11221": 0.760, "22222": 0.516, "21232": 0.088, "33333": -0.594}
    )
