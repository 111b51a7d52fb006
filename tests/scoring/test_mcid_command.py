"""``python -m scoring mcid``."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.scoring.test_command_line import refusal, run, sheet

WORKED = Path(__file__).parents[1] / "published" / "mcid_input.csv"
COLUMNS = ("--baseline", "odi_baseline", "--follow-up", "odi_month12", "--anchor", "gpe_month12")
IMPROVED = ("--improved", "1,2")
FEW = ("--bootstrap", "200")


def test_json_has_the_public_names() -> None:
    done = run("mcid", WORKED, *COLUMNS, *IMPROVED, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert {"mean_change", "roc", "predictive", "adjusted_2017", "adjusted_2022", "half_sd", "sem", "mdc95"} <= set(
        found["estimates"]
    )
    assert all({"estimate", "ci", "n", "note"} <= set(each) for each in found["estimates"].values())
    assert found["estimates"]["adjusted_2022"]["estimate"] is None
    assert found["estimates"]["predictive"]["estimate"] == pytest.approx(11.799557390583326, abs=1e-6)
    assert found["anchor"]["usable"] is True
    assert found["anchor"]["r"] == pytest.approx(-0.8175658523552597, abs=1e-6)
    assert {10.0, 12.8, 15.0, 18.0, 30.0} <= {each["value"] for each in found["published"]}


def test_the_table_stands_beside_the_published_thresholds() -> None:
    text = run("mcid", WORKED, *COLUMNS, *IMPROVED, *FEW, "--anchor-reliability", "0.7").stdout
    assert "improved adjusted (2022)" in text
    assert "14.559" in text
    assert "published MIC, % of baseline" in text
    assert "usable" in text
    assert max(map(len, text.split("\n\n")[0].splitlines())) < 140


def test_csv_has_one_row_an_estimate_in_full_precision() -> None:
    text = run("mcid", WORKED, *COLUMNS, *IMPROVED, *FEW, "--format", "csv").stdout
    rows = {row["method"]: row for row in csv.DictReader(io.StringIO(text))}
    assert float(rows["MDC95"]["estimate"]) == pytest.approx(11.289244314971727, abs=1e-9)
    assert rows["improved adjusted (2022)"]["ci_low"] == ""
    assert "ICC of 0.9 is assumed" in rows["SEM"]["note"]


def test_a_scale_of_which_higher_is_better_changes_upwards(tmp_path: Path) -> None:
    lines = [
        f"{60 + number},{60 + number + change},{2 if change > 8 else 4}" for number, change in enumerate(range(16))
    ]
    lines += ["50,53,2", "50,62,4"]
    file = sheet(tmp_path, "\n".join(["eq_vas_baseline,eq_vas_m12,gpe", *lines, ""]))
    asked = ("--baseline", "eq_vas_baseline", "--follow-up", "eq_vas_m12", "--anchor", "gpe", *IMPROVED, *FEW, "--json")
    assert json.loads(run("mcid", file, *asked).stdout)["estimates"]["roc"]["estimate"] == 9


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("b,f,gpe\n1,2,1\n", "'b' tells no scale"),
        ("odi_b,f,gpe\n", "holds no patient"),
        ("odi_b,gpe\n1,1\n", "column is missing: f. Found: odi_b, gpe"),
        ("odi_b,f,gpe\n50,much,1\n", "line 2: column f: 'much' is not a number. Correct it or leave it empty."),
        ("odi_b,f,gpe\n50,10,1\n50,nan,1\n", "line 3: column f: 'nan' is not a number"),
        ("odi_b,f,gpe\n50,10,1\n50,40,99\n", "line 3: column gpe: 99 lies outside 1 to 7"),
        ("odi_b,f,gpe\n50,101,1\n", "line 2: column f: 101 lies outside 0 to 100"),
        (
            "patient_id,odi_b,f,gpe\nP1,50,10,1\nP2,50,10,1\nP1,50,10,1\n",
            "line 4: column patient_id: 'P1' stands on line 2",
        ),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    name = "b" if text.startswith("b") else "odi_b"
    asked = ("--baseline", name, "--follow-up", "f", "--anchor", "gpe", *IMPROVED)
    assert sentence in refusal("mcid", sheet(tmp_path, text), *asked)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--improved", "one"), "--improved takes whole numbers"),
        (("--improved", "1,2,3"), "cannot mean both improved and slightly improved"),
        (("--improved", "1,nan"), "--improved takes whole numbers"),
        ((*IMPROVED, "--follow-up", "odi_baseline"), "three different columns"),
        ((*IMPROVED, "--icc", "1"), "ICC"),
        ((*IMPROVED, "--anchor-reliability", "0"), "reliability"),
        ((*IMPROVED, "--bootstrap", "5"), "100 to 1,000,000 resamples"),
        ((*IMPROVED, "--seed", "-1"), "seed"),
        ((*IMPROVED, "--direction", "higher_is_better"), "odi has its direction already"),
        ((*IMPROVED, "--scale", "nothing"), "There is no scale 'nothing'"),
    ],
)
def test_an_option_that_makes_no_sense_gets_a_sentence(option: tuple[str, ...], sentence: str) -> None:
    assert sentence in refusal("mcid", WORKED, *COLUMNS, *option)


def test_one_class_says_that_it_cannot_be_estimated() -> None:
    found = json.loads(run("mcid", WORKED, *COLUMNS, "--improved", "9", *FEW, "--json").stdout)["estimates"]
    assert found["roc"] == found["roc"] | {"estimate": None, "ci": None}
    assert found["roc"]["note"].startswith("not estimable, because nobody gave an anchor answer that means improved")
    assert found["mean_change"]["estimate"] == pytest.approx(11.066666666666666)
