"""The JSON schema of a person's export, drawn from the data map and the models; a copy stands beside the export."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, Boolean, Date, DateTime, Float, Integer, LargeBinary, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from surveys.db import Base
from surveys.privacy.data_map import Entry, about_patients
from surveys.privacy.subject_export import FORMAT, plain_name

TEXT: dict[str, Any] = {"type": "string"}
TYPES: tuple[tuple[type[TypeEngine[Any]], dict[str, Any]], ...] = (
    (Boolean, {"type": "boolean"}),
    (DateTime, {"type": "string", "format": "date-time"}),
    (Date, {"type": "string", "format": "date"}),
    (Integer, {"type": "integer"}),
    (Float, {"type": "number"}),
    (Uuid, {"type": "string", "format": "uuid"}),
    (ARRAY, {"type": "array"}),
    (LargeBinary, TEXT),
    (JSONB, {"type": ["object", "array"]}),
)


def schema() -> dict[str, Any]:
    """Return the schema: every table and every exported column is required, and nothing else is allowed."""
    tables = {entry.table: _table(entry) for entry in about_patients()}
    parts = {
        "format": {"const": FORMAT},
        "made_at": {"type": "string", "format": "date-time"},
        "clinic": _object({"code": TEXT, "name": TEXT, "phone": TEXT}),
        "patient_number": {"type": "integer"},
        "staff": {"type": "object", "additionalProperties": TEXT},
        "tables": _object(tables),
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "One person's data", **_object(parts)}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def _table(entry: Entry) -> dict[str, Any]:
    columns = {plain_name(entry.columns[name]): _column(entry.table, name) for name in entry.exported()}
    return _object({"purpose": TEXT, "rows": {"type": "array", "items": _object(columns)}})


def _column(table: str, name: str) -> dict[str, Any]:
    column = Base.metadata.tables[table].c[name]
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    told = dict(next((words for python, words in TYPES if isinstance(kind, python)), TEXT))
    if column.nullable:
        types = told["type"] if isinstance(told["type"], list) else [told["type"]]
        told["type"] = [*types, "null"]
    return told
