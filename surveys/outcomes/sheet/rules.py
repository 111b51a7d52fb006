"""Which change of one patient counts: MIC, SDC and the worsening that counts, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from scoring.individual import Amount, Change, IndividualChange
from scoring.instrument import Scale, Threshold
from scoring.responder import Rule
from surveys.i18n import gettext as _
from surveys.protocols.model import PersonalThresholds, Protocol


@dataclass(frozen=True, slots=True)
class PersonalRule:
    """What is known of a scale. ``change`` None: without an SDC nobody can tell one patient's change from error.

    ``worse``: the worsening that counts. None: the smallest detectable one, for no threshold of worsening is published
    and a worsening as large as the SDC has the SDC's source.
    """

    scale: Scale
    mic: Amount | None
    sdc: Amount | None
    worse: Amount | None = None

    @property
    def change(self) -> IndividualChange | None:
        """The rule that tells four states apart."""
        if self.mic is None or self.sdc is None:
            return None
        return IndividualChange(self.scale.code, self.mic, self.sdc, worse=self.worse or self.sdc)

    def state(self, before: float | None, after: float | None) -> Change | None:
        """The state of one change; None where the scale has no rule, ``UNKNOWN`` where a score is missing."""
        rule = self.change
        if rule is None:
            return None
        scores = [np.array([np.nan if value is None else value]) for value in (before, after)]
        return Change(str(rule.states(*scores)[0]))

    @property
    def words(self) -> str:
        """The rule as it is printed beside the signal."""
        mic, sdc = self.mic, self.sdc
        if mic is not None and sdc is not None:
            return " ".join((_better(mic, sdc), _worse(self.worse, sdc)))
        if mic is not None:
            told = {"mic": _amount(mic.value), "source": mic.source}
            return _(
                "MIC %(mic)s (%(source)s). No smallest detectable change is published for this scale, so one patient's"
                " change cannot be told from measurement error: no signal.",
                **told,
            )
        return self.scale.threshold_note or _("No threshold is published for this scale: no signal.")


def _better(mic: Amount, sdc: Amount) -> str:
    told = {"mic": _amount(mic.value), "mic_source": mic.source, "sdc": _amount(sdc.value), "sdc_source": sdc.source}
    if mic.value < sdc.value:
        return _(
            "Better from %(mic)s (MIC, %(mic_source)s), beyond measurement error from %(sdc)s (SDC, %(sdc_source)s).",
            **told,
        )
    return _(
        "Better beyond measurement error from %(mic)s (MIC, %(mic_source)s; SDC %(sdc)s, %(sdc_source)s).",
        **told,
    )


def _worse(worse: Amount | None, sdc: Amount) -> str:
    if worse is None:
        return _("Worse from %(sdc)s, the SDC.", sdc=_amount(sdc.value))
    return _("Worse from %(worse)s (%(source)s).", worse=_amount(worse.value), source=worse.source)


def _amount(value: Decimal) -> str:
    """As it is printed: 18, not 18.0."""
    return f"{float(value):g}"


def rule_of(scale: Scale, protocol: Protocol) -> PersonalRule:
    """What the protocol states for the scale, else its first rule in points as the MIC, else what was published."""
    nothing = PersonalThresholds(scale.code, None, None, None)
    own = next((each for each in protocol.individual if each.scale == scale.code), nothing)
    published = (Amount.of(each) for each in scale.thresholds if each.role == "sdc")
    mic = own.mic or _of_protocol(scale, protocol) or _published(scale)
    return PersonalRule(scale, mic, own.sdc or next(published, None), own.worse)


def _of_protocol(scale: Scale, protocol: Protocol) -> Amount | None:
    rules = (Rule.parse(text, value_set=protocol.value_set) for text in protocol.rules)
    chosen = (rule.amount for rule in rules if rule.scale == scale.code and not rule.percent and rule.amount > 0)
    amount = next(chosen, None)
    return None if amount is None else Amount(amount, _source(scale, amount))


def _source(scale: Scale, amount: Decimal) -> str:
    same = (each for each in _thresholds(scale) if Decimal(repr(each.value)) == amount)
    return next((each.source for each in same), _("chosen by the protocol"))


def _published(scale: Scale) -> Amount | None:
    return next((Amount.of(each) for each in _thresholds(scale) if each.confidence != "low"), None)


def _thresholds(scale: Scale) -> list[Threshold]:
    return [each for each in scale.thresholds if each.role != "sdc" and each.unit == "points"]
