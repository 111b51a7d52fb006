"""The examples in the docstrings of ``scoring`` print what they say."""

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import scoring

MODULES = [each.name for each in walk_packages(scoring.__path__, "scoring.") if not each.name.endswith("__main__")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name: str) -> None:
    failed, _tried = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)
    assert failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    tried = [test for name in MODULES for test in finder.find(import_module(name)) if test.examples]
    assert len(tried) >= 15
