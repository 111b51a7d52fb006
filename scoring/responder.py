"""Responder rules: the sentence, and who meets it, who does not and who cannot be judged."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Literal, cast

import numpy as np

from scoring.change import improvement_sign, signed_change
from scoring.eq5d import attainable
from scoring.errors import RuleError, ScoringError
from scoring.instrument import Scale, find_scale
from scoring.types import BoolArray, FloatArray
from scoring.value_sets import find_value_set
from scoring.verdict import NO, NOT_EVALUABLE, YES, Reason, ResponderResult, Status

__all__ = ["NO", "NOT_EVALUABLE", "YES", "Operator", "Reason", "ResponderResult", "Rule", "Status"]

Operator = Literal[">=", ">", "<=", "<"]

RESPONDER_VERSION = "responder-1"
_SNAP = 1e-9  # scores are ratios of small integers: nearer than this to the threshold is on it
_NUMBER = r"-?[0-9]{1,6}(?:\.[0-9]{1,6})?"
_TEXT = re.compile(
    r"(?P<scale>[a-z][a-z0-9_]*)(?:\[(?P<set>\w+)\])?\s+change\s*(?P<operator>>=|<=|>|<)\s*"
    rf"(?P<amount>{_NUMBER})\s*(?P<percent>%)?(?:\s+with\s+baseline\s*>=\s*(?P<baseline>{_NUMBER}))?"
)


def _plain(number: Decimal) -> str:
    """Print 10 for 10.0 and 1E+1, and 0 for -0."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@dataclass(frozen=True, slots=True)
class Rule:
    """A threshold on the change of one scale, change being positive where the patient is better.

    ``>=`` and ``>`` look for improvement, ``<=`` and ``<`` with a negative amount for worsening.
    ``percent``: the amount is per cent of the baseline. ``minimum_baseline``: patients below it are
    not evaluable. ``value_set`` belongs to an EQ-5D index rule and to no other.
    """

    scale: str
    operator: Operator
    amount: Decimal
    percent: bool = False
    minimum_baseline: Decimal | None = None
    value_set: str | None = None
    version: str = RESPONDER_VERSION

    def __post_init__(self) -> None:
        scale = self._find()
        improvement_sign(scale)
        self._check_sign()
        self._check_size(scale)
        self._check_percent(scale)
        self._check_value_set(scale)

    @classmethod
    def parse(cls, text: str, *, value_set: str | None = None) -> "Rule":
        """Read a rule as ``text`` prints it.

        ``odi change >= 10``, ``odi change >= 30% with baseline >= 20``,
        ``eq5d3l_index[UK_TTO] change >= 0.08``. ``value_set`` fills in what an index rule leaves out.
        """
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise RuleError(f"{text!r} is no rule. A rule reads like: odi change >= 10, odi change >= 30%")
        found = match.groupdict()
        minimum = found["baseline"]
        named = found["set"] or (value_set if _needs_value_set(found["scale"]) else None)
        return cls(
            scale=found["scale"],
            operator=cast("Operator", found["operator"]),
            amount=Decimal(found["amount"]),
            percent=found["percent"] is not None,
            minimum_baseline=None if minimum is None else Decimal(minimum),
            value_set=named,
        )

    @property
    def text(self) -> str:
        """The rule as ``parse`` reads it."""
        named = f"[{self.value_set}]" if self.value_set else ""
        percent = "%" if self.percent else ""
        text = f"{self.scale}{named} change {self.operator} {_plain(self.amount)}{percent}"
        if self.minimum_baseline is None:
            return text
        return f"{text} with baseline >= {_plain(self.minimum_baseline)}"

    @property
    def hash(self) -> str:
        """SHA-256 of text and version: the same for every rule that judges the same way."""
        return sha256(f"{self.version}\n{self.text}".encode()).hexdigest()

    @property
    def worsening(self) -> bool:
        """Whether the rule looks for patients who got worse."""
        return self.operator in ("<=", "<")

    def classify(self, baseline: FloatArray, follow_up: FloatArray) -> ResponderResult:
        """Judge n patients by scores of shape (n,), NaN where missing."""
        scale = self._find()
        farthest = np.full_like(baseline, self._farthest(scale))
        missing = np.isnan(baseline)
        refusals = {
            Reason.NO_BASELINE: missing,
            Reason.BELOW_MINIMUM_BASELINE: ~missing & self._below_minimum(baseline),
            Reason.UNATTAINABLE: ~self._met(scale, baseline, farthest) | self._nothing_to_compare(baseline),
            Reason.NO_FOLLOW_UP: np.isnan(follow_up),
        }
        reason = np.select(list(refusals.values()), [word.value for word in refusals], Reason.NONE.value)
        answer = np.where(self._met(scale, baseline, follow_up), YES.value, NO.value)
        status = np.where(reason == Reason.NONE.value, answer, NOT_EVALUABLE.value)
        return ResponderResult(status, reason)

    def _find(self) -> Scale:
        try:
            return find_scale(self.scale)
        except ScoringError as error:
            raise RuleError(str(error)) from error

    def _farthest(self, scale: Scale) -> float:
        """The end of the scale the rule looks towards; an index ends where its value set ends."""
        if self.value_set is None:
            return scale.worst if self.worsening else scale.best
        return attainable(self.value_set)[0 if self.worsening else 1]

    def _met(self, scale: Scale, baseline: FloatArray, later: FloatArray) -> BoolArray:
        """Compare in integers: ``change >= 30%`` is ``10 * change >= 3 * baseline``."""
        amount = Fraction(abs(self.amount)) / (100 if self.percent else 1)
        change = signed_change(scale, baseline, later) * (-1 if self.worsening else 1)
        reference = np.abs(baseline) if self.percent else np.ones_like(baseline)
        margin = amount.denominator * change - amount.numerator * reference
        on_threshold = np.abs(margin) <= _SNAP * amount.denominator
        met: BoolArray = np.where(on_threshold, self.operator in (">=", "<="), margin > 0)
        return met

    def _below_minimum(self, baseline: FloatArray) -> BoolArray:
        floor = -np.inf if self.minimum_baseline is None else float(self.minimum_baseline) - _SNAP
        below: BoolArray = baseline < floor
        return below

    def _nothing_to_compare(self, baseline: FloatArray) -> BoolArray:
        nothing: BoolArray = np.equal(baseline, 0) & self.percent
        return nothing

    def _check_sign(self) -> None:
        if self.worsening and self.amount > 0:
            raise RuleError(f"{self.operator} looks for worsening and needs an amount of 0 or below.")
        if not self.worsening and self.amount < 0:
            raise RuleError(f"{self.operator} looks for improvement and needs an amount of 0 or above.")
        if not self.amount and self.operator in (">=", "<="):
            strict = self.operator[0]
            raise RuleError(f"{self.operator} 0 counts who did not change at all as changed. Write {strict} 0.")

    def _check_size(self, scale: Scale) -> None:
        if not self.percent and abs(self.amount) > scale.maximum - scale.minimum:
            raise RuleError(
                f"{scale.code} runs from {scale.minimum:g} to {scale.maximum:g}: nobody can change "
                f"by {_plain(self.amount)}."
            )

    def _check_percent(self, scale: Scale) -> None:
        if not self.percent:
            return
        if scale.minimum < 0:
            raise RuleError(f"{scale.code} can be negative, so per cent of its baseline means nothing.")
        falls = self.worsening == (scale.direction == "higher_is_better")
        if falls and abs(self.amount) > 100:
            raise RuleError(f"{scale.code} ends at 0: nobody can fall by {_plain(abs(self.amount))} % of the baseline.")

    def _check_value_set(self, scale: Scale) -> None:
        if scale.needs_value_set and self.value_set is None:
            raise RuleError(f"A rule on {scale.code} names its value set: {scale.code}[UK_TTO] change ...")
        if self.value_set is not None and not scale.needs_value_set:
            raise RuleError(f"{scale.code} has no value set.")
        if self.value_set is not None:
            find_value_set(self.value_set)


def _needs_value_set(scale: str) -> bool:
    try:
        return find_scale(scale).needs_value_set
    except ScoringError:
        return False
