"""What stands on a report's pages, read from the file itself: the replica study's published figures, and bad input."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import chain

import pytest
import typst
from flask import Flask
from sqlalchemy import update

from surveys.db import clinic_session, db
from surveys.demo import replica
from surveys.models import Clinic
from surveys.outcomes.reports.content import Content
from surveys.outcomes.reports.figures import parted
from surveys.outcomes.reports.printable import BOX, SPANS, printable
from surveys.outcomes.reports.typesetting import attached, pages, pdf
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.reports.pdf_text import pages as words_of
from tests.outcomes.reports.pdf_text import squeezed
from tests.outcomes.reports.world import report_of
from tests.outcomes.study import BEGIN, LATER, lay, life

HOSTILE = '#read("/etc/passwd") *b* _i_ $x$ \\ = H // no @ref <tag> [#panic()] `raw` </text>'
HOSTILE_CLINIC = "#panic(1) = Sanatorio Ñuñoa & 中心"


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        made = make_clinic()
        lay(db.engine, made.id, replica.lives(BEGIN))
    return made


@pytest.fixture(scope="module")
def whole(app: Flask, clinic: MadeClinic) -> Content:
    return report_of(app, clinic, "protocol=trial")


@pytest.fixture(scope="module")
def file(whole: Content) -> bytes:
    return pdf(whole)


@pytest.fixture(scope="module")
def text(file: bytes) -> str:
    return "\n".join(words_of(file))


def test_the_published_figures_stand_on_the_pages(text: str) -> None:
    """Atluri 2022: 26 and 3 of 39 by the ODI; pain 29/39, 25/38, 22/39; mean ODI 46.1 and 29.9."""
    for said in (
        "Bone marrow concentrate 67 % 26/39 95 % interval: 51 to 79 %",
        "Conventional care 8 % 3/39",
        "Completeness: 98 % (39/40)",
        "Evaluable: n = 39 Non-responders: 13 Responders: n = 26",
        "12 months Bone marrow concentrate 26 39 67 % 51 % 79 % 98 %",
        "3 months Bone marrow concentrate 29 39 74 %",
        "6 months Bone marrow concentrate 25 38 66 %",
        "12 months Bone marrow concentrate 22 39 56 %",
        "Baseline 0.0 Bone marrow concentrate 40 46.1",
        "6 months 6.0 Bone marrow concentrate 38 29.9",
        "Bone marrow concentrate minus Conventional care: +59 points",
        "The arms were not randomised.",
    ):
        assert squeezed(said) in text, said


def test_every_number_of_every_figure_stands_on_the_pages(whole: Content, text: str) -> None:
    printed = behind = 0
    for figure in chain.from_iterable(part["figures"] for part in whole.document["parts"]):
        assert squeezed(figure["title"]) in text
        behind += figure["rows"]
        for block in figure["table"]["blocks"]:
            for row in block["rows"]:
                assert squeezed("".join(row)) in text, row
                printed += 1
    assert printed >= behind > 200


def test_what_has_no_column_is_0_throughout_and_named(whole: Content) -> None:
    figure = whole.document["parts"][0]["figures"][0]
    heads = [" ".join(head) for block in figure["table"]["blocks"] for head in block["heads"]]
    assert {"Responders", "Completeness", "No answer"} <= set(heads)
    assert "Died" not in heads
    assert any("Died" in note for note in figure["table"]["notes"])


def test_the_same_input_gives_the_same_bytes_and_another_number_others(whole: Content, file: bytes) -> None:
    assert pdf(whole) == file
    changed = {**whole.document, "title": "Another"}
    assert pdf(replace(whole, document=changed)) != file


def test_the_numbers_are_attached_and_their_hash_is_printed(whole: Content, file: bytes, text: str) -> None:
    streams = re.findall(rb"/EmbeddedFile.*?stream\r?\n(.*?)\r?\nendstream", file, re.S)
    (kept,) = [zlib.decompress(stream) for stream in streams]
    assert kept == attached(whole)
    assert json.loads(kept)["summary"]["arms"][0]["counted"] == "26/39"
    assert sha256(kept).hexdigest() in text
    for _title, _code, _rows, data_hash in whole.document["hashes"]:
        assert data_hash in text


def test_the_file_is_tagged_titled_and_described(file: bytes) -> None:
    assert b"/StructTreeRoot" in file
    assert b"/Lang(en)" in file
    assert b"<pdfuaid:part>1</pdfuaid:part>" in file
    assert file.count(b"/S/Figure") >= 20
    assert b"system-ui" not in file


def test_a_name_that_is_code_is_printed_and_not_run(app: Flask) -> None:
    source = bundled_protocols()["trial"].source
    own = source.replace('"Bone marrow concentrate"', json.dumps(HOSTILE)).replace("version = 2", "version = 3")
    with app.app_context():
        made = make_clinic()
        lay(db.engine, made.id, [life(1), life(2), life(3, arm="conventional")])
        with clinic_session(made.id) as session:
            protocol_store.load(session, made.id, own, "trial", now=LATER)
            session.execute(update(Clinic).where(Clinic.id == made.id).values(name=HOSTILE_CLINIC))
            session.commit()
    content = report_of(app, made, "protocol=trial", "nrs_active change >= 2")
    printed = "\n".join(words_of(pdf(content)))
    assert squeezed(HOSTILE) in printed
    assert squeezed(HOSTILE_CLINIC.replace("中心", BOX + BOX)) in printed
    assert "root:" not in printed
    assert HOSTILE_CLINIC in attached(content).decode()


def test_an_empty_cohort_says_so(app: Flask, clinic: MadeClinic) -> None:
    content = report_of(app, clinic, "protocol=trial sex=other")
    printed = words_of(pdf(content))
    assert squeezed("No patient fits this choice.") in printed[1]
    assert squeezed("There is nobody to count") in printed[1]
    assert content.drawings == {}


def test_one_arm_says_that_there_is_nothing_to_compare(app: Flask, clinic: MadeClinic) -> None:
    content = report_of(app, clinic, "protocol=trial arm=bmc")
    printed = "\n".join(words_of(pdf(content)))
    assert squeezed("there is nothing to compare with") in printed
    assert squeezed("There was no comparison group.") in printed
    assert "Conventional care" not in json.dumps([content.document["flow"], content.document["parts"]])


def test_of_one_patient_nothing_is_drawn(app: Flask) -> None:
    with app.app_context():
        made = make_clinic()
        lay(db.engine, made.id, [life(1)])
    content = report_of(app, made, "protocol=trial", "nrs_active change >= 2")
    assert content.drawings == {}
    assert squeezed("nothing is drawn") in words_of(pdf(content))[1]


def test_a_rule_without_data_says_so(app: Flask, clinic: MadeClinic) -> None:
    content = report_of(app, clinic, "protocol=trial", "functionality change >= 5")
    assert squeezed("nobody can be judged") in words_of(pdf(content))[1]


def test_who_reads_without_names_gets_no_arm_of_a_handful(app: Flask) -> None:
    with app.app_context():
        made = make_clinic()
        lay(db.engine, made.id, [*(life(number) for number in range(6)), life(9, arm="conventional")])
    content = report_of(app, made, "protocol=trial", "nrs_active change >= 2", fewest=5)
    printed = "\n".join(words_of(pdf(content)))
    assert squeezed("fewer than 5 patients are in it: Conventional care") in printed
    assert squeezed("Conventional care: n") not in printed
    assert [len(row) for row in content.document["flow"]["rows"]] == [1]


def test_a_spanish_report_is_spanish_throughout(app: Flask, clinic: MadeClinic) -> None:
    content = report_of(app, clinic, "protocol=trial", language="es")
    made = pdf(content)
    assert b"/Lang(es)" in made
    english = {label for label in _english(app) if len(label) > 12}
    assert english.isdisjoint(content.document["labels"].values())
    assert "ó" in "".join(words_of(made))


def _english(app: Flask) -> Iterator[str]:
    from surveys.outcomes.reports.labels import labels  # noqa: PLC0415 - in the language that is in force

    with app.test_request_context():
        yield from labels().values()


def test_every_letter_that_is_let_through_can_be_printed() -> None:
    letters = printable(" ".join(chr(code) for low, high in SPANS for code in range(low, high + 1)))
    assert len(letters) > 3000
    main = b'#set document(title: "x")\n#set text(font: "Libertinus Serif")\n= x\n#read("letters.txt")'
    files = {"main.typ": main, "letters.txt": letters.encode()}
    assert typst.compile(files, ignore_system_fonts=True, pdf_standards=["ua-1"])  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("headings", "pieces"),
    [((), ((0, 1500),)), ((20, 700, 1200), ((0, 688), (688, 1500))), ((20, 1490), ((0, 1478), (1478, 1500)))],
)
def test_a_drawing_taller_than_a_page_is_parted_at_headings(
    headings: tuple[int, ...], pieces: tuple[tuple[float, float], ...]
) -> None:
    svg = "".join(f'<text transform="translate(0,{place})" font-size="14px">' for place in headings)
    assert parted(svg, 1500, 1450) == pieces


def test_pages_can_be_looked_at(whole: Content) -> None:
    drawn = pages(whole, ppi=20)
    assert len(drawn) > 20
    assert all(page.startswith(b"\x89PNG") for page in drawn)
