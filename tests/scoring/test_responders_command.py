"""``python -m scoring responders``: the JSON that clinics' scripts rely on, and refusals that name the cell."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scoring.cohort import COHORT, MONTH_12
from tests.scoring.responders_run import refusal, run

ROW = ["--arm", "arm", "--baseline", "before", "--follow-up", "after", "--rule", "odi change >= 10"]
WORKED = ["--arm", "arm", "--baseline", "odi_baseline", "--follow-up", "odi_month12", "--rule", "odi change >= 10"]


def sheet(folder: Path, *lines: str) -> str:
    file = folder / "cohort.csv"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return str(file)


def test_the_json_has_the_names_and_figures_fixed_in_the_design(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    found: dict[str, Any] = json.loads(run(capfdbinary, str(COHORT), *WORKED, "--json"))
    assert found["rule"] == "odi change >= 10"
    assert set(found["methods"]) == {"complete_case", "non_responder", "locf", "worst_case", "best_case"}
    method, expected = found["methods"]["complete_case"], MONTH_12["complete_case"]
    arm = method["arms"]["bmc"]
    assert (arm["responders"], arm["n"]) == (expected["bmc"]["x"], expected["bmc"]["n"])
    assert arm["wilson"] == pytest.approx(expected["bmc"]["wilson95"], abs=1e-6)
    assert method["newcombe"] == pytest.approx(expected["newcombe95"], abs=1e-6)
    assert method["nnt_ci"] == pytest.approx(expected["nnt_ci95"], abs=1e-6)
    names = ("risk_difference", "nnt", "risk_ratio", "odds_ratio", "chi2_p", "fisher_p")
    keys = ("risk_difference", "nnt", "risk_ratio", "odds_ratio", "chi2_no_cc_p", "fisher_p")
    assert [method[name] for name in names] == pytest.approx([expected[key] for key in keys], rel=1e-6)


def test_the_treated_arm_comes_first(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    found = json.loads(run(capfdbinary, str(COHORT), *WORKED, "--treated", "control", "--json"))
    assert found["methods"]["complete_case"]["risk_difference"] == pytest.approx(-0.4325955734406439)
    assert found["reference"] == "bmc"


def test_no_ordinary_interval_is_null_with_a_note(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    file = sheet(tmp_path, "arm,before,after", "a,50,20", "a,50,50", "b,50,50", "b,50,48")
    found = json.loads(run(capfdbinary, file, *ROW, "--json"))["methods"]["complete_case"]
    assert (found["nnt"], found["nnt_ci"]) == (2.0, None)
    assert any("interval of the difference includes 0" in note for note in found["notes"])


def test_three_arms_need_a_reference(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    file = sheet(tmp_path, "arm,before,after", "a,50,20", "b,50,50", "c,50,50")
    assert "--reference ARM" in refusal(capfdbinary, file, *ROW)
    found = json.loads(run(capfdbinary, file, *ROW, "--reference", "c", "--json"))
    assert set(found["methods"]["locf"]["comparisons"]) == {"a", "b"}


def test_table_and_csv_print_every_arm(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    table = run(capfdbinary, str(COHORT), *WORKED)
    assert "0.639 to 0.786" in table
    assert "0.32 to 0.529" in table
    assert "wilson_low" in run(capfdbinary, str(COHORT), *WORKED, "--format", "csv")


@pytest.mark.parametrize(
    ("lines", "options", "sentence"),
    [
        (["a,50,20", ",50,50"], [], "line 3: column arm: is empty"),
        (["a,50,20", "b,50,101"], [], "line 3: column after: 101 is no score: odi runs from 0 to 100"),
        (["a,50,20", "b,-1,50"], [], "line 3: column before: -1 is no score"),
        (["a,50,20", "b,x,50"], [], "line 3: column before: 'x' is not a number"),
        (["a,50,20", "b,nan,50"], [], "line 3: column before: 'nan' is not a number"),
        (["a,50,20", "a,50,20"], ["--patient", "after"], "stands on line 2 already"),
        (["a,50,20", "a,50,50"], [], "one arm only"),
        (["a,50,20", "a,50,50"], ["--treated", "a"], "one arm only"),
        ([], [], "csv: holds no patient"),
        (["a,50,20", "b,50,20"], ["--treated", "c"], "There is no arm 'c'. Arms: a, b."),
        (["a,50,20", "b,50,20"], ["--treated", "a", "--reference", "a"], "both treated and reference"),
        (["a,50,20", "b,50,20"], ["--follow-up", "before"], "each name a column of their own"),
        (["a,50,20", "b,50,20"], ["--between", "after"], "each name a column of their own"),
        (["a,50,20", "b,50,20"], ["--between", "none"], "column is missing: none"),
        (["a,50,20", "b,50,20"], ["--rule", "odi > 10"], "is no rule"),
    ],
)
def test_a_refusal_names_the_cell_and_the_remedy(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], lines: list[str], options: list[str], sentence: str
) -> None:
    assert sentence in refusal(capfdbinary, sheet(tmp_path, "arm,before,after", *lines), *ROW, *options)
