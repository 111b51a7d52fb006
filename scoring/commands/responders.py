"""``responders``: the rate of responders by arm, under every way to treat missing follow-up."""

import argparse

import numpy as np

from scoring.commands.frame import FILE, Columns, Commands, Report, add_command, add_format, emit, read_columns
from scoring.commands.responder_extras import add_extras, answer_extras, extra_numbers, extra_texts
from scoring.commands.responder_question import Question
from scoring.commands.responder_report import analysis_document, analysis_sections
from scoring.commands.responder_standing import add_standing, expected_only, standing_numbers
from scoring.errors import ScoringError
from scoring.instrument import find_scale
from scoring.responder import Rule
from scoring.responders import ArmScores, analyse
from scoring.types import FloatArray

PATIENT = "patient_id"  # where the file has it, nobody may stand in it twice
EXAMPLE = (
    "responders cohort.csv --arm arm --baseline odi_baseline --follow-up odi_month12 \\\n"
    '      --rule "odi change >= 10" --treated bmc --json'
)


def add(commands: Commands) -> None:
    """Register the command."""
    parser = add_command(
        commands,
        "responders",
        run,
        help="compare the responders of two or more arms under every missing-data method",
        example=EXAMPLE,
    )
    parser.add_argument("file", help=f"{FILE}; one line per patient")
    parser.add_argument("--arm", required=True, metavar="COLUMN", help="column that names the arm")
    parser.add_argument("--baseline", required=True, metavar="COLUMN", help="score before treatment")
    parser.add_argument("--follow-up", required=True, metavar="COLUMN", help="score at the timepoint")
    parser.add_argument(
        "--between",
        metavar="COLUMN",
        action="append",
        default=[],
        help="score at a visit before the follow-up, once for each visit, in order of time: for the last "
        "observation carried forward and for imputation",
    )
    parser.add_argument("--rule", required=True, help='for instance "odi change >= 10"; change is positive when better')
    parser.add_argument("--value-set", metavar="ID", help="for a rule on the EQ-5D-3L index")
    parser.add_argument("--treated", metavar="ARM", help="of two arms, the one the other is subtracted from")
    parser.add_argument("--reference", metavar="ARM", help="the arm that is subtracted; of more than two, needed")
    parser.add_argument(
        "--patient",
        metavar="COLUMN",
        help="patient number: one that stands twice is refused; patient_id where the file has it",
    )
    add_standing(parser)
    add_extras(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> str:
    """Analyse the file and print it as asked."""
    rule = Rule.parse(options.rule, value_set=options.value_set)
    columns, counted = expected_only(options, _read(options, rule), rule)
    scores = ArmScores(
        columns.texts[options.arm],
        columns.numbers[options.baseline],
        columns.numbers[options.follow_up],
        _beside(columns, options.between),
    )
    reference = reference_of(scores.arms, options.treated, options.reference)
    analysis = analyse(scores, rule, reference)
    document, sections = answer_extras(options, columns, Question(scores, rule, reference))
    whole = counted[0] | analysis_document(analysis) | document
    return emit(Report(whole, [*counted[1], *analysis_sections(analysis), *sections]), options)


def _read(options: argparse.Namespace, rule: Rule) -> Columns:
    """Read and check the columns: an arm for everyone, scores within their scale, no patient twice."""
    visits = [options.baseline, *options.between, options.follow_up]
    if len(set(visits)) < len(visits):
        raise ScoringError("--baseline, --between and --follow-up each name a column of their own.")
    named = [options.arm, *([options.patient] if options.patient else [])]
    numbers, texts = [*visits, *standing_numbers(options), *extra_numbers(options)], [*named, *extra_texts(options)]
    columns = read_columns(options.file, numbers=numbers, texts=texts, optional=() if options.patient else (PATIENT,))
    if not len(columns):
        raise ScoringError(f"{columns.file}: holds no patient, only a header. Nothing can be estimated.")
    columns.refuse_empty(*named)
    patient = options.patient or PATIENT
    if patient in columns.texts:
        columns.refuse_empty(patient)
        columns.refuse_duplicates(patient)
    for name in visits:
        _refuse_outside(columns, name, rule)
    return columns


def reference_of(arms: tuple[str, ...], treated: str | None, reference: str | None) -> str:
    """Which arm is subtracted. Of two arms with neither named, the second in the alphabet."""
    for named in (treated, reference):
        if named is not None and named not in arms:
            raise ScoringError(f"There is no arm {named!r}. Arms: {', '.join(arms)}.")
    if treated is not None and treated == reference:
        raise ScoringError(f"{treated!r} cannot be both treated and reference.")
    if reference is not None:
        return reference
    others = [arm for arm in arms if arm != treated]
    if not others:
        raise ScoringError(f"There is one arm only, {treated!r}: a comparison needs two or more.")
    if len(arms) > 2:
        raise ScoringError(f"There are {len(arms)} arms: name the one to compare with, --reference ARM.")
    return others[-1]


def _beside(columns: Columns, names: list[str]) -> FloatArray:
    """Columns side by side, shape (n, number of names)."""
    return np.array([columns.numbers[name] for name in names], dtype=np.float64).reshape(len(names), len(columns)).T


def _refuse_outside(columns: Columns, name: str, rule: Rule) -> None:
    scale, values = find_scale(rule.scale), columns.numbers[name]
    wrong = (values < scale.minimum) | (values > scale.maximum)
    if wrong.any():
        at = int(wrong.argmax())
        limits = f"{scale.code} runs from {scale.minimum:g} to {scale.maximum:g}"
        raise columns.error(at, name, f"{values[at]:g} is no score: {limits}. Correct it or leave it empty.")
