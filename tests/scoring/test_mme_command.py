"""``python -m scoring mme``: prescriptions in, one dose per patient out, or the reason why there is none."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.scoring.test_command_line import refusal, run

HEAD = "patient,drug,route,unit,amount,times_a_day,as_needed"
# the two examples of the guideline's footnote, a patch with tablets, and days that cannot be told
LINES = """
H,hydrocodone,oral,mg,5,4,
O,oxycodone,oral,mg,10,2,no
T,fentanyl,transdermal,mcg/h,25,1,
T,Tramadol,oral,mg,50,2,
N,none,,,,,
B,buprenorphine,transdermal,mcg/h,10,1,
A,tramadol,oral,mg,50,3,yes
U,tramadol,oral,mg,,3,
"""


def sheet(folder: Path, lines: str) -> Path:
    file = folder / "prescriptions.csv"
    file.write_text(f"{HEAD}\n{lines.strip()}\n", encoding="utf-8")
    return file


def test_each_patient_has_a_dose_or_a_reason(tmp_path: Path) -> None:
    out = run("mme", sheet(tmp_path, LINES), "--format", "csv").stdout
    doses = {row["patient"]: row for row in csv.DictReader(io.StringIO(out))}
    known = {"H": 20, "O": 30, "T": 80, "N": 0}
    assert {patient: float(doses[patient]["mme_per_day"]) for patient in known} == pytest.approx(known)
    assert all(doses[patient]["mme_per_day"] == "" for patient in "BAU")
    assert "buprenorphine is a partial agonist" in doses["B"]["note"]
    assert "taken as needed" in doses["A"]["note"]
    assert "dose of tramadol is not known" in doses["U"]["note"]


def test_a_reader_gets_the_source_and_the_warning(tmp_path: Path) -> None:
    file = sheet(tmp_path, LINES)
    text = run("mme", file).stdout
    assert "MMWR Recomm Rep 2022" in text
    assert "Never for converting doses" in text
    assert json.loads(run("mme", file, "--json").stdout)["table"] == "cdc-2022"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("X,fentanyl,transdermal,mg,25,1,", "line 2: column drug: fentanyl (transdermal) is entered in mcg/h"),
        ("X,tramadol,oral,mg,-5,1,", "amount must be a number above 0"),
        ("X,tramadol,oral,mg,a lot,1,", "line 2: column amount: 'a lot' is not a number"),
        ("X,tramadol,oral,mg,50,1,perhaps", "line 2: column as_needed: 'perhaps' is neither yes nor no"),
        ("X,none,,,,,\nX,tramadol,oral,mg,50,1,", "line 2: column drug: 'none' stands beside a drug"),
        ("X,tramadol,oral,mg,50,1,\nX,tramadol,oral,g,50,1,", "line 3: column drug: tramadol (oral) is entered in mg"),
        (",tramadol,oral,mg,50,1,", "line 2: column patient: is empty"),
    ],
)
def test_a_slip_is_named_by_file_line_and_column(tmp_path: Path, line: str, sentence: str) -> None:
    message = refusal("mme", sheet(tmp_path, line))
    assert sentence in message
    assert "prescriptions.csv" in message
