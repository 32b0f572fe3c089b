"""The schema of the Human Services Data Specification 3.0, as Open Referral publishes it."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SCHEMA = "data/formats/hsds-3.0/schema/compiled/organization.json.gz"


@cache
def schema_in(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress((shared / SCHEMA).read_bytes()))
    return found


def faults_of(organization: dict[str, Any], shared: Path) -> list[str]:
    """What the schema refuses of it, and what the standard has no place for."""
    schema = schema_in(shared)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(organization)] + unknown(organization, schema, "")


def unknown(value: Any, schema: dict[str, Any], path: str) -> list[str]:
    if isinstance(value, list):
        return [name for each in value for name in unknown(each, schema.get("items", {}), path)]
    if not isinstance(value, dict):
        return []
    known = schema.get("properties", {})
    return [f"{path}.{name}" for name in value if name not in known] + [
        name for key, each in value.items() if key in known for name in unknown(each, known[key], f"{path}.{key}")
    ]
