from hashlib import sha256

from django.utils.translation import gettext_lazy as _

from indicators.models import Source
from orgs.forms import PortalModelForm, WebAddressField
from orgs.forms.portal import SeenMixin


class SourceForm(SeenMixin, PortalModelForm):
    url = WebAddressField(label=_("Address"), required=False, help_text=_("Where the figures were published."))

    class Meta:
        model = Source
        fields = ["name", "publisher", "licence", "url", "is_sample"]
        labels = {
            "name": _("Name"),
            "publisher": _("Publisher"),
            "licence": _("Licence"),
            "is_sample": _("The figures are made up"),
        }
        help_texts = {
            "name": _("As it is shown beside every figure. Mappings that name this source follow a new name."),
            "licence": _("As the publisher calls it, such as CC BY 4.0."),
            "is_sample": _(
                "They are marked as samples on every page and in every file, and never spoken of as findings."
            ),
        }

    def now(self) -> str:
        row = Source.objects.filter(pk=self.instance.pk).values_list(*self.Meta.fields).first()
        return sha256(repr(row).encode()).hexdigest() if row else ""

    def claim_version(self) -> None:
        Source.objects.select_for_update(no_key=True).filter(pk=self.instance.pk).first()
        super().claim_version()
