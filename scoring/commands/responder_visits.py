"""Rates at every visit, seen twice: whoever is available, and the same patients throughout."""

import argparse

from scoring.commands.frame import Columns, Section
from scoring.commands.responder_question import Answer, Question
from scoring.over_time import two_views
from scoring.responders import of_patients


def over_time(options: argparse.Namespace, columns: Columns, question: Question) -> Answer:
    """Judge each visit in order, by arm, nothing imputed."""
    visits = [*options.between, options.follow_up]
    scores = question.scores
    judged = {name: question.rule.classify(scores.baseline, columns.numbers[name]) for name in visits}
    rows: list[dict[str, object]] = []
    for arm in scores.arms:
        own = {name: of_patients(result, scores.arm == arm) for name, result in judged.items()}
        for seen in two_views(own):
            for view, each in (("available", seen.available), ("same", seen.same)):
                counts: dict[str, object] = {
                    "responders": each.responders,
                    "n": each.n,
                    "rate": each.rate,
                    "wilson": each.wilson,
                }
                rows.append({"arm": arm, "visit": seen.timepoint, "patients": view} | counts)
    words = "available: evaluable at that visit; same: evaluable at every visit listed, so that only time differs."
    return {"over_time": rows}, [Section("Rates over time", rows, [words])]
