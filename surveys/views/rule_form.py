"""The rule that the reader chose: one of the protocol's, a published threshold, or one of their own."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, request

from scoring.errors import ScoringError
from scoring.presets import presets
from scoring.responder import Rule
from surveys.i18n import gettext as _
from surveys.outcomes.look import protocol_rules
from surveys.outcomes.words import rule_words
from surveys.protocols.model import Protocol

LONGEST = 120  # characters of a rule


@dataclass(frozen=True)
class RuleChoices:
    """Rules on offer by heading, as text and words; ``chosen``: the text of the one in charge."""

    chosen: str
    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def chosen_rule(protocol: Protocol) -> Rule:
    """The rule in charge: what was typed goes before what was picked, and the protocol's first rule stands for none.

    422 with a sentence for a text that is no rule.
    """
    typed = [text.strip() for text in request.args.getlist("rule") if text.strip()]
    return rule_of(typed[-1], protocol) if typed else protocol_rules(protocol)[0]


def rule_of(text: str, protocol: Protocol) -> Rule:
    """The rule that a text says; 422 with a sentence where it is none."""
    try:
        return Rule.parse(text[:LONGEST], value_set=protocol.value_set)
    except ScoringError as error:
        abort(422, _("This rule cannot be used: %(why)s Change it, or leave it empty.", why=error))


def rule_choices(protocol: Protocol, chosen: Rule) -> RuleChoices:
    """The protocol's rules, the published thresholds of its scales, and the reader's own."""
    own = protocol_rules(protocol)
    scales = dict.fromkeys((rule.scale, rule.value_set) for rule in own)
    published = {preset.rule.text: preset.rule for key in scales for preset in presets(*key)}
    taken = {rule.text for rule in own}
    others = [rule for text, rule in published.items() if text not in taken]
    groups = [(_("Of the protocol"), _options(own)), (_("Published thresholds"), _options(others))]
    if chosen.text not in taken | set(published):
        groups.append((_("Your own"), _options([chosen])))
    return RuleChoices(chosen.text, tuple(groups))


def _options(rules: list[Rule]) -> tuple[tuple[str, str], ...]:
    return tuple((rule.text, rule_words(rule)) for rule in rules)
