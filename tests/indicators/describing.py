"""The form that describes a file, as a browser fills it in."""

from typing import Any

from django.test import Client
from django.urls import reverse

from indicators.imports import kept_file
from indicators.imports.wizard.form import MappingForm
from indicators.models import ImportBatch


def form_of(batch: ImportBatch, **kwargs: Any) -> MappingForm:
    return MappingForm(contents=kept_file.contents_of(batch), base=batch.mapping, **kwargs)


def filled(form: MappingForm) -> dict[str, Any]:
    """What a browser sends when somebody presses the button without changing anything."""
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    return data | {row.name: row.code for translation in form.translations for row in translation.rows}


def post(client: Client, batch: ImportBatch, data: dict[str, Any]) -> Any:
    return client.post(reverse("indicators:import_map", args=[batch.pk]), data, follow=True)
