"""``instruments``: which there are, with their items, scales and thresholds."""

import argparse

from scoring.commands.frame import Commands, Report, Section, add_command, add_format, emit
from scoring.instrument import Instrument, Scale, Threshold, load_instruments


def add(commands: Commands) -> None:
    """Register the command."""
    words = "list the instruments with items, scales and published thresholds"
    add_format(add_command(commands, "instruments", run, help=words, example="instruments --format csv"))


def run(options: argparse.Namespace) -> str:
    """Give one paragraph per instrument; as CSV or JSON every scale and threshold with all that is known of it."""
    instruments = load_instruments().values()
    if options.format == "table":
        return "".join(_paragraph(each) for each in instruments)
    scales = [_scale(each, scale) for each in instruments for scale in each.scales]
    thresholds = [_threshold(scale, one) for each in instruments for scale in each.scales for one in scale.thresholds]
    document = {"scales": scales, "thresholds": thresholds}
    return emit(Report(document, [Section("scale", scales), Section("threshold", thresholds)]), options)


def _paragraph(each: Instrument) -> str:
    items = ", ".join(f"{item.code} ({item.minimum} to {item.maximum})" for item in each.items)
    scales = ", ".join(scale.code for scale in each.scales)
    notes = dict.fromkeys(scale.threshold_note for scale in each.scales if scale.threshold_note)
    written = "".join(f"  note: {note}.\n" for note in notes)
    return f"{each.code}: {each.name}\n  items: {items}\n  scales: {scales}\n{written}"


def _scale(instrument: Instrument, scale: Scale) -> dict[str, object]:
    return {
        "instrument": instrument.code,
        "instrument_version": instrument.version,
        "scale": scale.code,
        "minimum": scale.minimum,
        "maximum": scale.maximum,
        "unit": scale.unit,
        "direction": scale.direction,
        "missing": scale.missing,
        "rule_version": scale.rule_version,
        "codes": " ".join(f"{system}:{code}" for system, code in scale.codes.items()),
        "note": scale.threshold_note,
    }


def _threshold(scale: Scale, threshold: Threshold) -> dict[str, object]:
    return {
        "scale": scale.code,
        "value": threshold.value,
        "unit": threshold.unit,
        "role": threshold.role,
        "source": threshold.source,
        "population": threshold.population,
        "method": threshold.method,
        "instrument_version": threshold.instrument_version,
        "confidence": threshold.confidence,
    }
