"""docs/security.md against the tests there are: every requirement has one, and no name is wrong or missing."""

from __future__ import annotations

import pytest

from tests.security.named_tests import ROOT, named_tests, requirements, written_tests

WANTED = [*(f"S{number}" for number in range(1, 30)), "T1", "T6", "T10"]
REMEDY = (
    "`.venv/bin/python -m tests.security.report names` writes the names anew; `make security` runs the tests as well"
)


def test_the_requirements_are_those_of_the_specification() -> None:
    assert list(requirements()) == WANTED


@pytest.mark.parametrize("code", WANTED)
def test_every_requirement_has_a_test_of_its_name(code: str) -> None:
    assert named_tests().get(code), f"no test is named test_{code[0].lower()}{int(code[1:]):02}_..."


def test_no_test_is_named_after_a_requirement_that_does_not_exist() -> None:
    assert set(named_tests()) - {"generated"} <= {*WANTED, *(f"T{number}" for number in range(1, 21))}


def test_the_document_lists_exactly_the_tests_there_are() -> None:
    written = written_tests((ROOT / "docs" / "security.md").read_text(encoding="utf-8"))
    codes = [*WANTED, "generated"]
    there_are = [test for code in codes for test in named_tests().get(code, [])]
    assert sorted(written) == sorted(there_are), REMEDY
