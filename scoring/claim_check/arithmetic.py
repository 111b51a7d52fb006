"""Which whole numbers of people a printed percentage can be. The idea: Brown and Heathers 2017 (GRIM)."""

from decimal import Decimal


def fits(percent: Decimal, count: int, of: int) -> bool:
    """Whether the count rounds to the percentage as printed.

    Halves may go either way, so that rounding half up, half to even and half down all pass.
    """
    unit = _unit(percent)
    return abs(_exact(count, of) - percent) * 2 <= unit


def counts(percent: Decimal, of: int) -> list[int]:
    """Every count of that many people which rounds to the percentage."""
    near = int(percent * of / 100)
    return [count for count in range(max(near - 1, 0), min(near + 2, of) + 1) if fits(percent, count, of)]


def cut_counts(percent: Decimal, of: int) -> list[int]:
    """Every count that gives the percentage where decimals are cut off, which is no rounding."""
    unit, near = _unit(percent), int(percent * of / 100)
    return [
        count for count in range(max(near - 1, 0), min(near + 2, of) + 1) if 0 <= _exact(count, of) - percent < unit
    ]


def neighbours(percent: Decimal, of: int) -> tuple[tuple[int, Decimal], tuple[int, Decimal]]:
    """The counts on both sides of the percentage, each with its percentage to one decimal."""
    below = min(int(percent * of / 100), of - 1)
    low, high = ((count, round(_exact(count, of), 1)) for count in (below, below + 1))
    return low, high


def possible_sizes(percent: Decimal, largest: int, most: int = 3) -> list[tuple[int, int]]:
    """The largest groups of up to that many people that the percentage fits, each as count and size."""
    smallest = max(1, largest * 3 // 4)
    found = [(fitting[0], of) for of in range(largest, smallest - 1, -1) if (fitting := counts(percent, of))]
    return found[:most]


def _exact(count: int, of: int) -> Decimal:
    return Decimal(count * 100) / of


def _unit(percent: Decimal) -> Decimal:
    """One step of the last printed digit."""
    exponent = percent.as_tuple().exponent
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
