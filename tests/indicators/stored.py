"""Imports that are stored, and what the quality rules find in them."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from indicators.imports import actions as imports
from indicators.imports.messages import message_text
from indicators.models import Finding, ImportBatch
from indicators.quality import messages
from tests.indicators.land import MAPPING, Land, table


def store(
    land: Land, *rows: tuple[Any, ...], header: tuple[str, ...] = ("place", "year", "sex", "people"), **mapping: Any
) -> ImportBatch:
    batch = land.check(table(*rows, header=header), **mapping)
    assert batch.state == ImportBatch.State.CHECKED, [message_text(message) for message in batch.messages.all()]
    return imports.store_import(batch=batch)


def sentences(batch: ImportBatch) -> list[str]:
    found = Finding.objects.filter(batch=batch).select_related(*messages.CELL_ROWS)
    return [told.sentence for told in messages.tell(found)]


def rules(batch: ImportBatch) -> list[str]:
    return list(Finding.objects.filter(batch=batch).values_list("rule", flat=True))


def published(content: bytes, indicator: str) -> ImportBatch:
    """Stores published values, without their parts."""
    mapping = {key: value for key, value in MAPPING.items() if key != "numerator"}
    mapping |= {"indicator": {"constant": indicator}, "value": {"column": "people"}}
    batch = imports.ingest(mapping=mapping, file=SimpleUploadedFile("figures.csv", content))
    return imports.store_import(batch=batch)
