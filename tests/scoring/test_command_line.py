"""``python -m scoring score``: a spreadsheet goes in, a spreadsheet or a sentence comes out."""

import csv
import io
import subprocess
from pathlib import Path

import pytest

from scoring.instrument import load_instruments
from tests.servers import warm

ROOT = Path(__file__).parents[2]
ODI = [item.code for item in load_instruments()["odi"].items]
EQ5D = "mobility,self_care,usual_activities,pain_discomfort,anxiety_depression"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return warm.run(["-W", "error", "-m", "scoring", *map(str, arguments)], seconds=60)


def sheet(folder: Path, text: str | bytes) -> Path:
    file = folder / "answers.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def odi_sheet(folder: Path, *lines: str) -> Path:
    return sheet(folder, "\n".join([f"chart,{','.join(ODI)},note", *lines, ""]))


def refusal(*arguments: str | Path) -> str:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_odi_is_appended_in_full_precision_and_other_columns_stay(tmp_path: Path) -> None:
    file = odi_sheet(tmp_path, 'Ä1,2,2,2,2,2,2,2,2,0,0,"left, ""mild"""', "A2,2,2,2,2,2,2,2,2,0,,", "A3,,,,,,,,,,,x")
    done = run("score", "odi", file)
    assert (done.returncode, done.stderr) == (0, "")
    scored = rows(done.stdout)
    assert [row["odi"] for row in scored] == ["32", "35.55555555555556", ""]
    assert [row["odi_n"] for row in scored] == ["10", "9", "0"]
    assert (scored[0]["chart"], scored[0]["note"]) == ("Ä1", 'left, "mild"')


def test_eq5d_needs_a_value_set_and_gives_profile_and_index(tmp_path: Path) -> None:
    file = sheet(tmp_path, f"{EQ5D},vas\n1,1,2,2,1,70\n2,2,2,2,2,\n,1,1,1,1,5\n")
    assert "python -m scoring valuesets" in refusal("score", "eq5d3l", file)
    scored = rows(run("score", "eq5d3l", file, "--value-set", "UK_TTO").stdout)
    assert [row["eq5d3l_profile"] for row in scored] == ["11221", "22222", ""]
    assert [float(row["eq5d3l_index"] or "nan") for row in scored[:2]] == pytest.approx([0.76, 0.516])
    assert [row["eq_vas"] for row in scored] == ["70", "", "5"]
    assert scored[2]["eq5d3l_index"] == ""


def test_what_speaks_against_a_value_set_reaches_the_user(tmp_path: Path) -> None:
    file = sheet(tmp_path, f"{EQ5D}\n1,1,1,1,1\n")
    assert "DO NOT RELY ON" in refusal("score", "eq5d3l", file, "--value-set", "Iran_VAS")
    forced = run("score", "eq5d3l", file, "--value-set", "Iran_VAS", "--force")
    assert (forced.returncode, "DO NOT RELY ON" in forced.stderr) == (0, True)
    assert "Unverified" in run("score", "eq5d3l", file, "--value-set", "Russia_TTO").stderr


def test_a_bad_cell_is_named_with_line_column_value_and_what_is_allowed(tmp_path: Path) -> None:
    file = odi_sheet(tmp_path, "A1,1,1,1,1,1,1,1,1,1,1,", "A2,1,1,7,1,1,1,1,1,1,1,", "A3,1,1,1,x,1,1,1,1,1,1,")
    message = refusal("score", "odi", file)
    assert f"{file}: line 3: column lifting: '7' is not a whole number from 0 to 5, or empty." in message
    assert f"{file}: line 4: column walking: 'x' is not a whole number from 0 to 5, or empty." in message


@pytest.mark.parametrize("cell", ["-1", "11", "2.5", "NA", "nan", "inf", "1e0", "٣", "1_0", "0x1", "999999999999"])
def test_a_cell_is_a_whole_number_on_the_scale_or_it_is_refused(tmp_path: Path, cell: str) -> None:
    assert f"line 2: column leg: '{cell}' is not" in refusal("score", "nrs11", sheet(tmp_path, f"leg,x\n{cell},1\n"))


def test_whole_numbers_written_with_a_point_or_spaces_are_read(tmp_path: Path) -> None:
    scored = rows(run("score", "nrs11", sheet(tmp_path, "leg,back\n 3.0 , 4\n")).stdout)
    assert (scored[0]["nrs_leg"], scored[0]["nrs_back"]) == ("3", "4")


def test_lines_are_counted_through_quoted_line_breaks_and_separators(tmp_path: Path) -> None:
    file = sheet(tmp_path, 'note,leg\n"two\nlines",3\n"a\u2028b",4\n\nbad,99\n')
    assert "line 6: column leg: '99'" in refusal("score", "nrs11", file)


def test_many_bad_cells_are_counted_rather_than_listed(tmp_path: Path) -> None:
    message = refusal("score", "nrs11", sheet(tmp_path, "leg,x\n" + "99,1\n" * 25))
    assert len(message.splitlines()) == 21
    assert "... and 5 more." in message


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("leg,back\n1\n", "line 2: has 1 cells where the header has 2"),
        ("leg,back\n1,2,3\n", "line 2: has 3 cells where the header has 2"),
        ("leg,leg\n1,2\n", "'leg' stands there twice"),
        ("leg,\n1,2\n", "column 2 has no name"),
        ("leg;back\n1;2\n", "separated by semicolons"),
        ("hip\n1\n", "columns are missing for nrs11: resting, active, back, leg"),
        ("leg,nrs_leg\n1,1\n", "already has a column 'nrs_leg'"),
        ('leg,back\n1,"2\n', "cannot be read as CSV"),
        (b"leg,back\n1,2\n3,\xff\n", "line 3: is not UTF-8"),
        ("leg\n1\n".encode("utf-16"), "is not UTF-8"),
        (b"leg,back\n1,\0\n", "NUL"),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_sentence(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    message = refusal("score", "nrs11", sheet(tmp_path, content))
    assert sentence in message
    assert "answers.csv" in message


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    message = refusal("score", "odi", sheet(tmp_path, f"{','.join(ODI[1:])}\n{',1' * 8}\n"))
    assert "column is missing for odi: pain_intensity" in message


def test_missing_files_and_folders_get_a_sentence(tmp_path: Path) -> None:
    assert "there is no such file" in refusal("score", "odi", tmp_path / "none.csv")
    assert "is a folder" in refusal("score", "odi", tmp_path)


def test_an_unknown_instrument_gets_the_list(tmp_path: Path) -> None:
    assert "Known: eq5d3l" in refusal("score", "oddi", sheet(tmp_path, "a\n1\n"))


def test_a_value_set_for_another_instrument_is_refused(tmp_path: Path) -> None:
    file = sheet(tmp_path, "leg\n1\n")
    assert "takes no value set" in refusal("score", "nrs11", file, "--value-set", "UK_TTO")


def test_an_answer_that_is_its_own_score_is_not_added_twice(tmp_path: Path) -> None:
    assert run("score", "gpe7", sheet(tmp_path, "gpe\n1\n\n7\n")).stdout == 'gpe\n1\n""\n7\n'


def test_a_header_alone_gives_a_header(tmp_path: Path) -> None:
    assert run("score", "nrs11", sheet(tmp_path, "\ufeffleg\r\n")).stdout == "leg,nrs_leg\n"


def test_a_recorded_total_lands_on_the_same_scale(tmp_path: Path) -> None:
    assert run("score", "functionality_total", sheet(tmp_path, "total\n33\n")).stdout == "total,functionality\n33,33\n"


def test_the_lists_name_every_instrument_and_value_set() -> None:
    instruments, sets = run("instruments").stdout, run("value-sets").stdout
    assert all(f"{code}: " in instruments for code in load_instruments())
    assert "UK_TTO: Dolan" in sets
    assert "refused unless forced: DO NOT RELY ON" in sets


def test_a_path_that_cannot_be_opened_gets_a_sentence(tmp_path: Path) -> None:
    file = odi_sheet(tmp_path)
    assert "cannot be read (Not a directory)" in refusal("score", "odi", file / "below")
    assert "cannot be read (File name too long)" in refusal("score", "odi", "a" * 5000)


def test_a_header_of_very_many_columns_is_refused_at_once(tmp_path: Path) -> None:
    words = refusal("score", "odi", sheet(tmp_path, ",".join(f"c{number}" for number in range(200_000))))
    assert "columns are missing for odi: pain_intensity" in words
    assert len(words) < 1000
