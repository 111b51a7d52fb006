"""Long files are scored piece by piece; Parquet is read as CSV is."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from scoring.commands.columns import read_columns
from scoring.errors import TableError
from scoring.tables import read_pieces, read_table
from tests.scoring.test_command_line import ODI, ROOT, refusal, run, sheet

PIECE = 16_384
PEAK = """
import resource, runpy, sys
sys.argv = ["scoring", "score", "odi", sys.argv[1]]
try:
    runpy.run_module("scoring", run_name="__main__")
except SystemExit:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def long_sheet(folder: Path, rows: int, *, bad: tuple[int, ...] = ()) -> Path:
    """A row for each number from 1; those of ``bad`` hold a 9."""
    file = folder / f"answers-{rows}.csv"
    with file.open("w", encoding="utf-8") as out:
        out.write(f"chart,{','.join(ODI)}\n")
        out.writelines(f"{row},{row % 6},3,{9 if row in bad else 2}{',1' * 7}\n" for row in range(1, rows + 1))
    return file


def peak_memory(file: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(file)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True
    )
    return int(done.stderr.split()[-1]) * 1024


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    few, many = long_sheet(tmp_path, 2 * PIECE), long_sheet(tmp_path, 20 * PIECE)
    assert peak_memory(many) - peak_memory(few) < 4_000_000


def test_a_long_file_comes_out_whole(tmp_path: Path) -> None:
    rows = 2 * PIECE + 3
    lines = run("score", "odi", long_sheet(tmp_path, rows)).stdout.splitlines()
    assert lines[0] == f"chart,{','.join(ODI)},odi,odi_n"
    assert [line.partition(",")[0] for line in lines[1:]] == [str(row) for row in range(1, rows + 1)]
    assert lines[PIECE + 1].endswith(f",{2 * ((PIECE + 1) % 6 + 12)},10")


def test_bad_cells_late_in_a_file_are_named_together_and_the_output_is_called_incomplete(tmp_path: Path) -> None:
    done = run("score", "odi", long_sheet(tmp_path, PIECE + 10, bad=(PIECE + 3, PIECE + 5)))
    assert done.returncode == 2
    assert f"line {PIECE + 4}: column lifting: '9' is not" in done.stderr
    assert f"line {PIECE + 6}: column lifting: '9' is not" in done.stderr
    assert f"The {PIECE:,} records before are written, the output is not complete." in done.stderr
    assert len(done.stdout.splitlines()) == PIECE + 1


def test_a_pipe_is_read_like_a_file() -> None:
    command = [sys.executable, "-W", "error", "-m", "scoring", "score", "nrs11", "/dev/stdin"]
    done = subprocess.run(command, cwd=ROOT, input="leg\n4\n", capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "leg,nrs_leg\n4,4\n"


def test_a_pipe_of_two_arms_is_compared() -> None:
    asked = ("--arm", "arm", "--baseline", "before", "--follow-up", "after", "--rule", "odi change >= 10", "--json")
    command = [sys.executable, "-W", "error", "-m", "scoring", "responders", "/dev/stdin", *asked]
    rows = "patient_id,arm,before,after\n1,a,50,20\n2,b,50,50\n"
    done = subprocess.run(command, cwd=ROOT, input=rows, capture_output=True, encoding="utf-8", check=False)
    assert (done.stderr, done.returncode) == ("", 0)


def test_the_share_read_is_told(tmp_path: Path) -> None:
    shares: list[float] = []
    for _piece in read_pieces(str(long_sheet(tmp_path, 3 * PIECE)), shares.append):
        pass
    assert len(shares) == 4
    assert shares == sorted(shares)
    assert (0 < shares[0] < 0.5, shares[-1]) == (True, 1.0)


def test_a_line_without_end_is_refused_before_it_fills_memory(tmp_path: Path) -> None:
    assert "line 2: has more than 8,000,000 characters" in refusal(
        "score", "nrs11", sheet(tmp_path, "leg\n" + "1" * 9_000_000)
    )


def parquet(folder: Path, **columns: list[object]) -> Path:
    file = folder / "answers.parquet"
    pl.DataFrame(columns).write_parquet(file)
    return file


def test_parquet_is_scored_as_csv_is(tmp_path: Path) -> None:
    file = parquet(tmp_path, chart=["A", None], leg=[3, None], back=[4.0, 2.0])
    assert run("score", "nrs11", file).stdout == "chart,leg,back,nrs_back,nrs_leg\nA,3,4,4,3\n,,2,2,\n"


def test_a_bad_cell_of_a_parquet_file_is_named_by_its_row(tmp_path: Path) -> None:
    file = parquet(tmp_path, leg=[3.0, 2.5])
    assert f"{file}: row 2: column leg: '2.5' is not a whole number from 0 to 10, or empty." in refusal(
        "score", "nrs11", file
    )


def test_parquet_in_pieces_keeps_its_order(tmp_path: Path) -> None:
    file = parquet(tmp_path, number=list(range(3 * PIECE)))
    assert [row.line for row in read_table(str(file)).rows] == list(range(1, 3 * PIECE + 1))
    assert read_columns(str(file), numbers=("number",)).numbers["number"].tolist() == list(range(3 * PIECE))


def test_a_parquet_file_without_rows_has_a_header(tmp_path: Path) -> None:
    file = tmp_path / "empty.parquet"
    pl.DataFrame(schema={"leg": pl.Int64}).write_parquet(file)
    assert run("score", "nrs11", file).stdout == "leg,nrs_leg\n"


def test_a_parquet_file_that_cannot_be_used_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="holds lists"):
        read_table(str(parquet(tmp_path, leg=[[1, 2], [3]])))
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(TableError, match="cannot be read as Parquet"):
        read_table(str(broken))


def test_an_excel_workbook_gets_a_sentence(tmp_path: Path) -> None:
    assert "is an Excel workbook or a zip file. Save the sheet as CSV UTF-8." in refusal(
        "score", "nrs11", sheet(tmp_path, b"PK\x03\x04rest")
    )
