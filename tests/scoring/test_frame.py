"""What every command shares: help, progress, printing, and one small command built on it."""

import csv
import io
import json
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from scoring.commands import progress as progress_module
from scoring.commands.frame import Report, Section, emit, progress, read_columns
from scoring.errors import ScoringError, TableError
from tests.scoring.test_command_line import refusal, run, sheet

COMMANDS = ("score", "responders", "mcid", "mixed", "survival", "trajectories", "valuesets", "instruments", "means")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_an_example(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"example:\n  python -m scoring {command}" in done.stdout


def test_an_unknown_command_gets_the_list() -> None:
    message = refusal("scores")
    assert all(repr(command) in message for command in COMMANDS)


def test_long_work_speaks_on_stderr(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress_module, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(progress_module, "EVERY_SECONDS", 0.0)
    assert list(progress(range(3), "imputing", 3)) == [0, 1, 2]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "imputing: 0 of 3\nimputing: 1 of 3\nimputing: 2 of 3\n"


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress(range(3), "imputing")) == [0, 1, 2]
    assert capsys.readouterr().err == ""


ROWS: list[dict[str, object]] = [{"arm": "a", "rate": 0.5, "ci": (0.1, 0.9)}, {"arm": "b", "rate": None, "ci": None}]
REPORT = Report(
    {"rate": np.float64(0.5), "ci": (0.1, 0.9), "none": None, "usable": np.True_},
    [Section("Rates", ROWS, ["Wilson."])],
)


def test_a_report_is_printed_as_table_csv_and_json() -> None:
    table, text, document = (emit(REPORT, Namespace(format=kind)) for kind in ("table", "csv", "json"))
    assert table.splitlines() == [
        "Rates",
        "arm  rate          ci",
        "a     0.5  0.1 to 0.9",
        "b       -           -",
        "Wilson.",
    ]
    assert text == "arm,rate,ci_low,ci_high\na,0.5,0.1,0.9\nb,,,\n"
    assert json.loads(document) == {"rate": 0.5, "ci": [0.1, 0.9], "none": None, "usable": True}


def test_a_figure_that_is_none_is_never_printed_as_json() -> None:
    with pytest.raises(ScoringError, match="no finite number"):
        emit(Report({"rate": float("nan")}), Namespace(format="json"))


def test_columns_come_with_their_lines(tmp_path: Path) -> None:
    file = sheet(tmp_path, 'patient,note,odi\nA,"two\nlines",1e1\nB,,\n')
    columns = read_columns(str(file), numbers=("odi",), texts=("patient",), optional=("arm", "note"))
    assert (columns.lines.tolist(), columns.texts["patient"].tolist()) == ([2, 4], ["A", "B"])
    np.testing.assert_array_equal(columns.numbers["odi"], [10, np.nan])
    assert set(columns.texts) == {"patient", "note"}
    with pytest.raises(TableError, match=r"line 4: column odi: is empty\. Fill it in"):
        columns.refuse_empty("patient", "odi")
    assert columns.keep([False, True]).lines.tolist() == [4]


@pytest.mark.parametrize("cell", ["nan", "inf", "1,5", "0x10", "1_0", "½", "--", "1e999"])
def test_a_cell_that_is_no_number_is_refused(tmp_path: Path, cell: str) -> None:
    with pytest.raises(TableError, match=r"line 2: column odi: .* is not a number\. Correct it or leave it"):
        read_columns(str(sheet(tmp_path, f'odi,x\n"{cell}",1\n')), numbers=("odi",))


def test_means_stand_with_n_and_interval_and_refuse_doubles(tmp_path: Path) -> None:
    file = sheet(tmp_path, "patient_id,timepoint,odi\nA,baseline,40\nB,baseline,50\nA,m1,20\nB,m1,\n")
    rows = list(csv.DictReader(io.StringIO(run("means", file, "--score", "odi", "--format", "csv").stdout)))
    assert [(row["timepoint"], row["n"], row["mean"]) for row in rows] == [("baseline", "2", "45"), ("m1", "1", "20")]
    assert (rows[1]["ci_low"], rows[1]["sd"]) == ("", "")
    twice = sheet(tmp_path, "patient_id,timepoint,odi\nA,m1,20\nA,m1,30\n")
    assert "'A' and 'm1' stands on line 2 already. Keep one record of each." in refusal(
        "means", twice, "--score", "odi"
    )


def test_means_leave_nobody_in_two_arms(tmp_path: Path) -> None:
    file = sheet(tmp_path, "patient_id,timepoint,arm,odi\nA,baseline,x,40\nA,m1,y,20\n")
    assert "line 3: column arm: A is in y here and in x before" in refusal(
        "means", file, "--score", "odi", "--arm", "arm"
    )


@pytest.mark.parametrize(
    ("lines", "sentence"), [("A,m1,140\n", "line 2: column odi: 140 lies outside 0 to 100"), ("", "holds no visit")]
)
def test_means_are_of_scores_on_their_scale(tmp_path: Path, lines: str, sentence: str) -> None:
    file = sheet(tmp_path, f"patient_id,timepoint,odi\n{lines}")
    assert sentence in refusal("means", file, "--score", "odi")
