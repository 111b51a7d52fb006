"""What comes out goes back in: every format, read by a reader of its own, holds the same rows."""

from __future__ import annotations

import io
import json
import re
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
import pytest
from flask import Flask

from surveys.exchange.exports.order import Order
from tests.exchange.exports.world import Export, fill, make
from tests.factories import MadeClinic, make_clinic

TRIAL = "protocol=trial"
DATE = re.compile(rb"(19|20)\d\d-\d\d-\d\d")


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        made = make_clinic()
    fill(app, made)
    return made


@pytest.fixture(scope="module")
def long(app: Flask, clinic: MadeClinic) -> Export:
    return make(app, clinic, Order(TRIAL))


def csv_of(export: Export, name: str) -> pl.DataFrame:
    return pl.read_csv(export.file(f"{name}.csv"), infer_schema_length=None)


def spss(export: Export, name: str, folder: Path) -> tuple[pl.DataFrame, Any]:
    file = folder / f"{name}.sav"
    file.write_bytes(export.file(f"{name}.sav"))
    frame, meta = pyreadstat.read_sav(file, output_format="polars")
    return frame, meta


def test_the_long_file_has_a_row_per_score_and_newest_answer(long: Export) -> None:
    rows = csv_of(long, "results")
    one = rows.filter((pl.col("timepoint") == "m3") & (pl.col("kind") == "score") & (pl.col("code") == "nrs_active"))
    assert sorted(one["value"].to_list()) == [3, 3, 4]
    answers = rows.filter((pl.col("timepoint") == "m3") & (pl.col("kind") == "answer"))
    assert set(answers.filter(pl.col("code") == "active")["value"]) == {5}
    declined = answers.filter(pl.col("code") == "resting")
    assert set(declined["status"]) == {"declined"}
    assert declined["value"].null_count() == declined.height == 3


def test_a_late_answer_says_so_and_days_count_from_the_index_date(long: Export) -> None:
    rows = csv_of(long, "results").filter(pl.col("code") == "nrs_active")
    assert dict(rows.group_by("timepoint").agg(pl.col("in_window").sum()).iter_rows()) == {
        "baseline": 3,
        "m3": 3,
        "m12": 2,
    }
    baseline = rows.filter(pl.col("timepoint") == "baseline")
    assert set(baseline["day"]) == {-9}  # a day after enrolment, ten days before the treatment
    assert set(baseline["day_since_enrolment"]) == {1}


def test_visits_and_episodes_bring_the_denominators(long: Export) -> None:
    visits, episodes = csv_of(long, "visits"), csv_of(long, "episodes")
    assert episodes.height == 4
    assert visits["episode"].n_unique() == 4
    assert visits.filter((pl.col("timepoint") == "m12") & (pl.col("arm") == "bmc")).height == 3
    assert episodes.filter(pl.col("arm") == "conventional")["age"].to_list() == [90]
    assert episodes["died_day"].drop_nulls().to_list() == [171]


def test_nothing_in_a_de_identified_file_is_a_date_or_names_anybody(long: Export) -> None:
    for name in ("results.csv", "visits.csv", "episodes.csv"):
        content = long.file(name)
        assert not DATE.search(content)
        assert b"number" not in content.splitlines()[0]
        assert b"-7" not in content.splitlines()[1]  # no id, which would tell when somebody was enrolled


@pytest.mark.parametrize("shape", ["long", "wide"])
@pytest.mark.parametrize("kind", ["parquet", "sav", "xlsx"])
def test_every_format_holds_what_the_csv_holds(
    app: Flask, clinic: MadeClinic, kind: str, shape: str, tmp_path: Path
) -> None:
    plain, other = (make(app, clinic, Order(TRIAL, shape, each)) for each in ("csv", kind))
    assert [file["rows"] for file in plain.manifest["files"]] == [file["rows"] for file in other.manifest["files"]]
    for file in plain.manifest["files"]:
        expected = csv_of(plain, file["sheet"]).rows()
        assert _rows(other, file["sheet"], kind, tmp_path) == expected


def _rows(export: Export, name: str, kind: str, folder: Path) -> list[tuple[Any, ...]]:
    if kind == "parquet":
        return pl.read_parquet(io.BytesIO(export.file(f"{name}.parquet"))).rows()
    if kind == "sav":
        return _coded(*spss(export, name, folder))
    return _sheet(export.file(f"{name}.xlsx"))


def _coded(frame: pl.DataFrame, meta: Any) -> list[tuple[Any, ...]]:
    """Numbers with labels as the codes of the other formats; SPSS has no empty text that is not one."""
    dictionary = {
        name: labels for name, labels in meta.variable_value_labels.items() if set(labels.values()) != {"no", "yes"}
    }
    columns = []
    for name in frame.columns:
        series, labels = frame[name], dictionary.get(name)
        if labels and series.dtype == pl.Float64 and 0 not in labels:
            series = series.replace_strict(labels, return_dtype=pl.String)
        columns.append([None if cell == "" else cell for cell in series])
    return list(zip(*columns, strict=True))


def _sheet(content: bytes) -> list[tuple[Any, ...]]:
    from xml.etree import ElementTree  # noqa: PLC0415 - our own file

    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        page = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314
    assert page.find(f".//{space}f") is None  # no formula
    rows = [_cells(row, space) for row in page.iter(f"{space}row")]
    width = len(rows[0])
    return [tuple(row.get(place) for place in range(width)) for row in rows[1:]]


def _cells(row: Any, space: str) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for cell in row.iter(f"{space}c"):
        text = "".join(part.text or "" for part in cell.iter(f"{space}t"))
        place = 0
        for letter in re.match(r"[A-Z]+", cell.get("r"))[0]:  # type: ignore[index]
            place = 26 * place + ord(letter) - 64
        found[place - 1] = text if cell.get("t") else float(cell.findtext(f"{space}v"))
    return found


def test_spss_labels_codes_and_levels(app: Flask, clinic: MadeClinic, tmp_path: Path) -> None:
    _frame, meta = spss(make(app, clinic, Order(TRIAL, "wide", "sav")), "wide", tmp_path)
    assert set(meta.variable_value_labels["arm"].values()) == {"bmc", "conventional"}
    assert meta.variable_value_labels["opioid_use"] == {0: "no", 1: "yes"}
    assert meta.column_names_to_labels["age"] == "Age at enrolment, years"
    assert meta.file_encoding == "UTF-8"


def test_the_wide_file_has_a_row_per_episode(app: Flask, clinic: MadeClinic) -> None:
    rows = csv_of(make(app, clinic, Order(TRIAL, "wide")), "wide")
    assert rows.height == 4
    assert sorted(rows["nrs_active_m12"].drop_nulls().to_list()) == [2, 3, 3]
    assert sorted(rows["nrs11_m12_in_window"].drop_nulls().to_list()) == [0, 1, 1]
    assert set(rows["nrs11_active_m3"].drop_nulls()) == {5}


def test_the_manifest_says_how_many_rows_and_which_bytes(long: Export) -> None:
    assert long.job.result["sha256"] == sha256(long.content).hexdigest()  # type: ignore[index]
    for file in long.manifest["files"]:
        content = long.file(file["name"])
        assert (file["sha256"], file["size"]) == (sha256(content).hexdigest(), len(content))
        assert file["rows"] == csv_of(long, file["sheet"]).height
    assert long.manifest["de_identified"] is True
    told = json.loads(long.file("dictionary.json"))
    described = {sheet["sheet"]: [column["column"] for column in sheet["columns"]] for sheet in told}
    assert described["results"] == csv_of(long, "results").columns


def test_the_same_data_make_the_same_files(app: Flask, clinic: MadeClinic, long: Export) -> None:
    again = make(app, clinic, Order(TRIAL))
    assert [file["sha256"] for file in again.manifest["files"]] == [file["sha256"] for file in long.manifest["files"]]


def test_nobody_chosen_makes_files_without_rows(app: Flask, clinic: MadeClinic, tmp_path: Path) -> None:
    for kind in ("csv", "parquet", "sav", "xlsx"):
        empty = make(app, clinic, Order(f"{TRIAL} age=1..2", "long", kind))
        assert [file["rows"] for file in empty.manifest["files"]] == [0, 0, 0]
    frame, _meta = spss(make(app, clinic, Order(f"{TRIAL} age=1..2", "long", "sav")), "results", tmp_path)
    assert frame.height == 0


def test_small_arms_are_left_out_for_whoever_may_single_out_nobody(app: Flask, clinic: MadeClinic) -> None:
    export = make(app, clinic, Order(TRIAL, fewest=3))
    assert set(csv_of(export, "episodes")["arm"]) == {"bmc"}
    assert export.manifest["withheld"] == "conventional"


def test_the_filter_chooses_patients_timepoint_and_mode(app: Flask, clinic: MadeClinic) -> None:
    export = make(app, clinic, Order(f"{TRIAL} arm=bmc timepoint=m3 mode=self", contents="scores"))
    rows = csv_of(export, "results")
    assert set(rows["timepoint"]) == {"m3"}
    assert set(rows["kind"]) == {"score"}
