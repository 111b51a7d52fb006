"""The classification: whole, and the only one."""

from __future__ import annotations

import json

from surveys.db import Base
from surveys.privacy.data_map import data_map
from surveys.privacy.document import FILE, document
from surveys.privacy.schema import schema
from surveys.privacy.subject_export import SCHEMA


def test_s27_every_column_of_every_table_is_classified_once() -> None:
    models = {name: set(table.columns.keys()) for name, table in Base.metadata.tables.items()}
    classified = {name: set(entry.columns) for name, entry in data_map().items()}
    assert classified == models, "classify new columns in surveys/privacy/data_map.toml"


def test_what_is_sealed_is_personal_or_secret_and_digests_are_in_no_export() -> None:
    for entry in data_map().values():
        for column in entry.columns.values():
            if column.name.endswith("_enc"):
                assert column.kind in ("personal", "secret"), f"{column.table}.{column.name}"
            if column.kind == "secret":
                assert not column.exported, f"{column.table}.{column.name}"


def test_erasure_empties_nothing_that_is_append_only() -> None:
    wall = ("answer", "score", "audit_event", "audit_seal", "audit_link")
    assert not [name for name in wall for how in ("emptied", "replaced") if data_map()[name].erased(how)]


def test_the_document_is_the_one_that_the_map_gives() -> None:
    assert FILE.read_text(encoding="utf-8") == document(), "run `flask --app wsgi privacy map --write`"


def test_the_schema_beside_the_export_is_the_one_that_the_map_gives() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema(), "run `flask --app wsgi privacy map --write`"
