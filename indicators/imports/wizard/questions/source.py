"""Where the figures come from, and the name under which the description is kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from indicators.imports.mapping import ImportMapping
from indicators.imports.wizard.questions.asking import Answers, Questions
from indicators.models import Source
from orgs.forms import WebAddressField


class SourceQuestions(Questions):
    """The source as it stands beside every figure."""

    def fields(self) -> dict[str, forms.Field]:
        return {
            "source_name": forms.CharField(
                label=_("Source"), max_length=200, help_text=_("As it is shown beside every figure.")
            ),
            "source_publisher": forms.CharField(label=_("Publisher"), required=False, max_length=200),
            "source_licence": forms.CharField(label=_("Licence"), required=False, max_length=120),
            "source_url": WebAddressField(label=_("Address"), required=False),
            "name": forms.CharField(
                label=_("Save it for the next file as"),
                required=False,
                max_length=120,
                help_text=_("The next file of this kind then needs no description."),
            ),
        }

    def stated(self, mapping: ImportMapping) -> dict[str, Any]:
        return {f"source_{name}": mapping.source.get(name, "") for name in ("name", "publisher", "licence", "url")}

    def entries(self, answers: Answers) -> dict[str, Any]:
        """What is left blank of a source that the portal knows stays as it knows it."""
        name = answers.fields["source_name"]
        given = {one: answers.fields.get(f"source_{one}", "") for one in ("publisher", "licence", "url")}
        known = Source.objects.filter(name=name).first()
        if known is not None:
            given = {one: value or getattr(known, one) for one, value in given.items()}
        return {"source": {"name": name, **given}}
