"""``responders`` with its further analyses: each prints what the library finds, and refuses by name."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.scoring.responders_run import refusal, run

WANTED = ["--arm", "arm", "--baseline", "before", "--follow-up", "after", "--rule", "odi change >= 10"]
EVERYTHING = [
    *("--mean-change", "--impute", "5", "--seed", "3", "--surgery", "operated", "--covariate", "age"),
    *("--factor", "sex", "--subgroup", "sex", "--subgroup", "age:50", "--dose", "dose", "--sensitivity"),
]


@pytest.fixture
def cohort(tmp_path: Path) -> str:
    """Sixty patients; every sixth has no follow-up, every tenth was operated, one was not asked."""
    rng = np.random.default_rng(11)
    lines = ["patient_id,arm,before,after,age,sex,dose,operated"]
    for at in range(60):
        after = "" if at % 6 == 0 else str(rng.integers(10, 60))
        operated = "" if at == 7 else str(int(at % 10 == 0))
        lines.append(f"P{at},{'ab'[at % 2]},50,{after},{30 + at % 41},{'fm'[at % 3 == 0]},{1 + at % 5},{operated}")
    file = tmp_path / "cohort.csv"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return str(file)


def test_everything_at_once_adds_up(cohort: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    found: dict[str, Any] = json.loads(run(capfdbinary, cohort, *WANTED, *EVERYTHING, "--json"))
    assert found["denominators"]["a"]["no_follow_up"] == found["multiple_imputation"]["arms"]["a"]["imputed"] == 10
    assert found["mean_change"]["arms"]["a"]["n"] == found["methods"]["complete_case"]["arms"]["a"]["n"] == 20
    assert found["mean_change"]["comparisons"]["a"]["difference"] is not None
    assert (found["adjusted"]["n"], found["dose_response"]["n"]) == (50, 50)
    surgery = found["surgery"]
    assert (surgery["not_asked"], surgery["treatment_policy"]["arms"]["a"]["n"]) == (1, 20)
    assert surgery["composite"]["arms"]["a"]["n"] == 22  # 0 and 30 were operated and have no follow-up
    assert {row["rule"] for row in found["presets"]} >= {"odi change >= 10", "odi change >= 18"}
    sizes = [row["comparison"]["treated"]["n"] for row in found["subgroups"]["sex, a"]["rows"]]
    assert sum(sizes) == 20


def test_everything_prints_as_a_table_and_as_csv(cohort: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    table = run(capfdbinary, cohort, *WANTED, *EVERYTHING)
    for title in ("Mean change", "5 data sets, seed 3", "After surgery", "Odds ratios", "Response by dose", "Ostelo"):
        assert title in table
    assert "section" in run(capfdbinary, cohort, *WANTED, *EVERYTHING, "--format", "csv").splitlines()[0]


def test_a_rule_on_a_scale_without_published_threshold_still_has_its_curve(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "small.csv"
    file.write_text("arm,before,after\na,10,30\nb,10,12\n", encoding="utf-8")
    options = [*WANTED[:-1], "functionality change >= 6", "--sensitivity"]
    assert "No threshold is published for functionality." in run(capfdbinary, str(file), *options)


def test_a_model_that_cannot_be_fitted_says_why(cohort: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert "not estimable, because" in run(capfdbinary, cohort, *WANTED, "--covariate", "before")


def test_an_arm_too_thin_to_impute_is_a_note_beside_the_other_figures(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "thin.csv"
    file.write_text("arm,before,after\na,50,20\na,50,\nb,50,40\nb,50,\n", encoding="utf-8")
    found = json.loads(run(capfdbinary, str(file), *WANTED, "--impute", "5", "--seed", "1", "--json"))
    assert "not estimable, because arm 'a' has 1 scores" in found["multiple_imputation"]["note"]
    assert found["methods"]["complete_case"]["arms"]["a"]["rate"] == 1


def test_visits_are_seen_with_whoever_is_there_and_with_the_same_patients(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("arm,before,m3,after\na,50,20,20\na,50,20,\nb,50,50,50\nb,50,,20\n", encoding="utf-8")
    found = json.loads(run(capfdbinary, str(file), *WANTED, "--between", "m3", "--over-time", "--json"))["over_time"]
    seen = [(row["arm"], row["visit"], row["patients"], row["responders"], row["n"]) for row in found]
    assert seen[:4] == [
        *(("a", "m3", "available", 2, 2), ("a", "m3", "same", 1, 1)),
        *(("a", "after", "available", 1, 1), ("a", "after", "same", 1, 1)),
    ]
    assert seen[6:] == [("b", "after", "available", 1, 2), ("b", "after", "same", 0, 1)]


def test_only_expected_patients_are_judged_and_the_others_are_counted(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """a: answers, answers late, withdrew, died, not yet due; b: two answer. Expected as clinical papers print it."""
    lines = ["arm,before,after,over,late,died,left", "a,50,20,1,,,", "a,50,20,1,1,,", "a,50,,1,,,1", "a,50,,1,,1,"]
    lines += ["a,50,,0,,,", "b,50,20,1,0,0,0", "b,50,50,1,0,0,0", ""]
    file = tmp_path / "flow.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    columns = ["--closed", "over", "--late", "late", "--died", "died", "--withdrawn", "left"]
    found = json.loads(run(capfdbinary, str(file), *WANTED, *columns, "--json"))
    assert list(found["flow"]["a"].items()) == [
        *(("arm", "a"), ("enrolled", 5), ("not_yet_due", 1), ("died", 1), ("withdrawn", 1), ("expected", 3)),
        *(("answered", 1), ("late", 1), ("evaluable", 1), ("responders", 1), ("completeness", 1 / 3)),
    ]
    assert found["methods"]["non_responder"]["arms"]["a"] == {
        **{"responders": 1, "n": 3, "rate": 1 / 3},
        "wilson": pytest.approx([0.0615, 0.7923], abs=1e-4),
    }
    assert found["methods"]["complete_case"]["arms"]["a"]["n"] == 1


def test_per_cent_improvement_says_which_mean_it_is(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    file = tmp_path / "ratios.csv"
    file.write_text("arm,before,after\na,20,0\na,80,60\nb,50,40\nb,50,45\n", encoding="utf-8")
    found = json.loads(run(capfdbinary, str(file), *WANTED, "--mean-change", "--json"))["mean_change"]["arms"]["a"]
    assert (found["mean_of_ratios"], found["ratio_of_means"]) == (62.5, 40)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--impute", "5"], "--seed 1"),
        (["--impute", "1", "--seed", "1"], "takes 2 to 1000"),
        (["--impute", "5", "--seed", "-1"], "0 or above"),
        (["--surgery", "age"], "line 2: column age: 30 is neither 1 (yes) nor 0 (no)"),
        (["--subgroup", "age:x"], "no numbers after the colon"),
        (["--subgroup", "age:60,50"], "ascending order"),
        (["--covariate", "sex"], "line 2: column sex: 'm' is not a number"),
        (["--dose", "none"], "column is missing: none"),
    ],
)
def test_a_refusal_says_what_to_do(
    cohort: str, capfdbinary: pytest.CaptureFixture[bytes], options: list[str], sentence: str
) -> None:
    assert sentence in refusal(capfdbinary, cohort, *WANTED, *options)


def test_a_patient_who_stands_twice_is_refused(cohort: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    text = Path(cohort).read_text(encoding="utf-8")
    Path(cohort).write_text(text.replace("P5,", "P4,"), encoding="utf-8")
    assert "line 7: column patient_id: 'P4' stands on line 6 already" in refusal(capfdbinary, cohort, *WANTED)
