"""Opioid use as a dose: morphine milligram equivalents (MME) a day. Never for converting doses."""

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.errors import AnswerError
from scoring.opioid_table import Factor, FactorTable, current_table


@dataclass(frozen=True, slots=True)
class Prescription:
    """One drug as staff enter it.

    ``amount``: mg taken at a time, or micrograms an hour for a patch; ``times_a_day`` is 1 for a patch. None where
    unknown. ``as_needed``: taken when pain asks for it, so that no daily dose is known.
    """

    drug: str
    route: str
    unit: str
    amount: float | None
    times_a_day: float | None = 1
    as_needed: bool = False


@dataclass(frozen=True, slots=True)
class DailyDose:
    """MME a day, 0 or above, or None with every reason why it cannot be told; with the table that was used."""

    mme: float | None
    reasons: tuple[str, ...]
    table_version: str

    @property
    def note(self) -> str:
        """Say why there is no number; empty where there is one."""
        return f"not evaluable, because {'; '.join(self.reasons)}" if self.reasons else ""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why one prescription has no daily dose in MME, as a code, so that a page can say it in its reader's language.

    ``code``: ``unnamed``, ``no_factor_at_all`` (the source gives none on purpose), ``no_factor_by_route``,
    ``no_factor``, ``as_needed`` or ``unknown_dose``.
    """

    code: str
    drug: str
    words: str


def mme_per_day(prescriptions: Sequence[Prescription] | None, table: FactorTable | None = None) -> DailyDose:
    """Total opioid dose of one patient in MME a day, 0 or above, higher is worse. Never for converting doses.

    The factors compare use between groups; switching a patient from one opioid to another by them can kill, and the
    source says so. ``prescriptions``: None where nobody recorded any (not evaluable); an empty sequence where it was
    recorded that there are none (0). Buprenorphine, a drug or route without a factor, as-needed use and an unknown
    dose make the whole day not evaluable, each with its reason: a part of a dose is no dose. Raises ``AnswerError`` at
    a wrong unit, at an amount that is negative, 0 or no number, and at a total beyond the scale. Source: Dowell et
    al., MMWR Recomm Rep 2022;71(RR-3), in ``data/mme_cdc_2022.toml``.

    >>> mme_per_day([Prescription("oxycodone", "oral", "mg", 10, times_a_day=2)]).mme
    30.0
    >>> mme_per_day([Prescription("tramadol", "oral", "mg", None)]).note
    'not evaluable, because the dose of tramadol is not known'
    """
    chosen = table or current_table()
    if prescriptions is None:
        return DailyDose(None, ("opioids were not recorded",), chosen.version)
    found = obstacles(prescriptions, chosen)
    if found:
        return DailyDose(None, tuple(each.words for each in found), chosen.version)
    total = sum((_dose(each, _factor_of(each, chosen)) for each in prescriptions), 0.0)
    _check_total(total, chosen)
    return DailyDose(total, (), chosen.version)


def _name(given: Prescription) -> tuple[str, str]:
    return given.drug.strip().lower(), given.route.strip().lower()


def _factor_of(given: Prescription, table: FactorTable) -> Factor:
    return table.factors[_name(given)]


def obstacles(prescriptions: Sequence[Prescription], table: FactorTable | None = None) -> tuple[Obstacle, ...]:
    """Why these come to no dose, in their order; empty where they come to one.

    Raises ``AnswerError`` as ``mme_per_day`` does.
    """
    chosen = table or current_table()
    return tuple(found for each in prescriptions if (found := _obstacle(each, chosen)))


def _obstacle(given: Prescription, table: FactorTable) -> Obstacle | None:
    drug, route = _name(given)
    if not drug:
        return Obstacle("unnamed", drug, "a drug is not named")
    if (drug, route) not in table.factors or drug in table.not_evaluable:
        return _without_factor(given, table)
    _check_entry(given, table.factors[drug, route])
    if given.as_needed:
        return Obstacle("as_needed", drug, f"{drug} is taken as needed")
    if given.amount is None or given.times_a_day is None:
        return Obstacle("unknown_dose", drug, f"the dose of {drug} is not known")
    return None


def _without_factor(given: Prescription, table: FactorTable) -> Obstacle:
    drug, route = _name(given)
    if drug in table.not_evaluable:
        return Obstacle("no_factor_at_all", drug, f"{drug} is {table.not_evaluable[drug]}")
    if drug in table.drugs:
        return Obstacle("no_factor_by_route", drug, f"{drug} has no factor by route {route!r}")
    return Obstacle("no_factor", drug, f"the drug {given.drug.strip()!r} has no factor")


def _check_entry(given: Prescription, factor: Factor) -> None:
    if given.unit != factor.unit:
        raise AnswerError(f"{factor.drug} ({factor.route}) is entered in {factor.unit}, not in {given.unit!r}.")
    for number, what in ((given.amount, "amount"), (given.times_a_day, "times a day")):
        if number is not None and not 0 < number < float("inf"):  # NaN as well
            raise AnswerError(
                f"{factor.drug}: {what} must be a number above 0, not {number:g}; leave it out if unknown."
            )
    if factor.route == "transdermal" and given.times_a_day not in (1, None):
        raise AnswerError(f"{factor.drug}: a patch works all day; enter micrograms an hour once, not times a day.")


def _dose(given: Prescription, factor: Factor) -> float:
    return factor.factor * (given.amount or 0) * (given.times_a_day or 0)


def _check_total(total: float, table: FactorTable) -> None:
    if total > table.scale.maximum:
        words = f"{total:g} MME a day is beyond anything plausible (above {table.scale.maximum:g})"
        raise AnswerError(f"{words}. Check drug, dose and unit.")
