from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from orgs.forms import PortalModelForm
from orgs.languages import language_choices
from orgs.models import Organisation
from orgs.vocabulary import choices_of
from partnerships.days import DayInput
from partnerships.models import Activity, Contribution, Document
from partnerships.records.document_files import ACCEPT, EXTENSIONS, examine
from partnerships.vocabulary import Stage


def suggest(form: PortalModelForm, name: str, value: Any) -> None:
    """Fills in a field that is still empty."""
    if form.initial.get(name) is None:
        form.initial[name] = value


class ActivityForm(PortalModelForm):
    class Meta:
        model = Activity
        fields = (
            "kind",
            "title",
            "held_on",
            "stage",
            "languages",
            "decision_on",
            "description",
            "participants",
            "women",
            "men",
        )
        widgets = {
            "held_on": DayInput(),
            "decision_on": DayInput(),
            "stage": forms.RadioSelect,
            "description": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {
            "languages": _("Such as Spanish, Arabic."),
            "description": _(
                "Everybody can read this once the partnership is confirmed. Do not name private individuals."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = choices_of(Stage)  # type: ignore[attr-defined]
        suggest(self, "held_on", timezone.localdate())


class ContributionForm(PortalModelForm):
    class Meta:
        model = Contribution
        fields = ("kind", "giver", "receiver", "description", "given_on", "amount", "currency", "quantity", "unit")
        widgets = {"given_on": DayInput()}
        help_texts = {"amount": _("The amount given, or what it would have cost.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partnership = self.instance.partnership
        parties = Organisation.objects.filter(parties__partnership=partnership)
        for name in ("giver", "receiver"):
            self.fields[name].queryset = parties  # type: ignore[attr-defined]
        suggest(self, "giver", partnership.authority)
        partners = partnership.partner_parties
        if len(partners) == 1:
            suggest(self, "receiver", partners[0].organisation)
        suggest(self, "given_on", timezone.localdate())

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"].strip().upper()
        if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
            raise ValidationError(_("A currency has three letters, such as EUR."))
        return currency


class DocumentForm(PortalModelForm):
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        help_text=format_lazy(
            _("At most {limit}: {kinds}."),
            limit=filesizeformat(settings.DOCUMENT_MAX_BYTES),
            kinds=", ".join(sorted(EXTENSIONS.values())),
        ),
    )
    language = forms.ChoiceField(label=_("Language of the document"), required=False)

    class Meta:
        model = Document
        fields = (
            "kind",
            "title",
            "dated_on",
            "stage",
            "file",
            "language",
            "decision_on",
            "signed_by_all",
            "valid_until",
            "is_public",
        )
        widgets = {
            "dated_on": DayInput(),
            "decision_on": DayInput(),
            "valid_until": DayInput(),
            "stage": forms.RadioSelect,
        }
        help_texts = {
            "is_public": _("Otherwise the parties and the reviewers read it."),
            "signed_by_all": _("For an agreement or terms of reference."),
            "valid_until": _("For an agreement that has to be renewed."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = choices_of(Stage)  # type: ignore[attr-defined]
        self.fields["language"].choices = [("", "---------"), *language_choices()]  # type: ignore[attr-defined]
        suggest(self, "dated_on", timezone.localdate())

        if self.instance.pk:
            del self.fields["file"]  # Another file is another document.

    def clean_file(self) -> Any:
        examine(self.cleaned_data["file"])
        return self.cleaned_data["file"]
