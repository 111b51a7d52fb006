"""S18: no file that is taken away is run by the spreadsheet that opens it, and numbers stay numbers."""

from __future__ import annotations

import ast
import csv
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys.exchange.patients_csv import Line, rest_csv
from surveys.outcomes.table import Column, Table
from tests.page_forms import form_to
from tests.security.corpus import FORMULAS
from tests.security.world import World
from tests.staff_browser import SITE
from tests.test_architecture import FILES

RUNS = ("=", "+", "-", "@", "\t", "\r")
HEADER = "chart_number,first_name,surname,arm,pain_generator"


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline="")))


@pytest.mark.parametrize("formula", FORMULAS)
def test_s18_a_text_of_a_figure_is_neutralised_and_its_number_is_not(formula: str) -> None:
    table = Table((Column("label", "Label"), Column("value", "Value")), ((formula, -1.5), ("plain", 3)))
    rows = cells(table.csv())
    assert rows[1][0] == f"'{formula}"
    assert [row[1] for row in rows[1:]] == ["-1.5", "3"]
    assert float(rows[1][1]) < 0


@pytest.mark.parametrize("formula", FORMULAS)
def test_s18_a_line_to_mend_is_neutralised(formula: str) -> None:
    line = Line(2, {"chart_number": "C-1", "surname": formula}, "why", known=False, wish=None)
    row = cells(rest_csv([line]))[1]
    assert not any(cell.startswith(RUNS) for cell in row)
    assert row[1] == f"'{formula}"


def test_s18_a_line_to_mend_comes_back_as_it_was(world: World) -> None:
    """The apostrophe is the spreadsheet's: read again, the cell is what was typed."""
    client = world.browser("coordinator")
    text = f"{HEADER}\n-77,=Ann,+One,nowhere,facet\n"
    once = _rest(client, text)
    assert cells(once)[1][:3] == ["'-77", "'=Ann", "'+One"]
    assert cells(_rest(client, once))[1][:3] == ["'-77", "'=Ann", "'+One"]


def _rest(client: FlaskClient, text: str) -> str:
    page = client.get("/patients/import", base_url=SITE).get_data(as_text=True)
    typed = dict(form_to(page, "/patients/import").fields) | {"text": text}
    reply = client.post("/patients/import/rest", data=typed, base_url=SITE, headers={"Referer": f"{SITE}/"})
    assert reply.mimetype == "text/csv"
    return reply.get_data(as_text=True)


def test_s18_every_table_that_an_analyst_takes_away_is_harmless(app: Flask, world: World) -> None:
    assert app
    client = world.browser("analyst")
    for code in ("responders-1", "mean-odi", "mean-nrs_active", "funnel"):
        reply = client.get(f"/dashboard/{code}.csv", base_url=SITE, buffered=True)
        for row in cells(reply.get_data(as_text=True)) if reply.status_code == 200 else []:
            assert not any(cell.startswith(RUNS) and not _number(cell) for cell in row)


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_s18_every_writer_of_a_file_neutralises_its_cells() -> None:
    """Whoever writes rows of text names the function that makes them harmless."""
    writers = {name: path for name, path in FILES.items() if name.startswith("surveys") and _writes(path.read_text())}
    assert "surveys.outcomes.table" in writers
    for name, path in writers.items():
        used = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert "harmless" in used, name


def test_one_piece_makes_cells_harmless() -> None:
    """Two would have two lists of what a spreadsheet runs."""
    defined = {
        name: {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
        for name, path in FILES.items()
    }
    assert [name for name, functions in defined.items() if "harmless" in functions] == ["surveys.cells"]


def _writes(source: str) -> bool:
    return "csv.writer(" in source or "csv.DictWriter(" in source
