from typing import Any, ClassVar

from django import forms
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orgs.folding import in_every_language
from orgs.forms import PortalModelForm
from orgs.forms.words import WordsMixin
from orgs.models import Domain

ICONS: dict[str, str | Promise] = {
    "compass": _("compass"),
    "translate": _("two scripts"),
    "universal-access": _("person with open arms"),
    "mortarboard": _("graduation cap"),
    "heart-pulse": _("heart with pulse"),
    "house-heart": _("house with heart"),
    "people": pgettext_lazy("symbol", "people"),
    "bank": _("town hall"),
    "briefcase": _("briefcase"),
    "house-door": _("house"),
    "clipboard-data": _("clipboard with figures"),
    "book": _("book"),
    "bus-front": _("bus"),
    "music-note-beamed": _("music"),
    "shield-check": _("shield"),
    "tree": _("tree"),
}
"""What may stand beside a domain, by its name in the sprite."""


class DomainForm(WordsMixin, PortalModelForm):
    words: ClassVar[dict[str, str | Promise]] = {"name": _("Name"), "description": _("Description")}
    icon = forms.ChoiceField(label=_("Symbol"), required=False)

    class Meta:
        model = Domain
        fields = ["code", *in_every_language("name", "description"), "order", "icon"]
        labels = {"code": _("Code"), "order": _("Place in the list")}
        help_texts = {
            "code": _("Short and permanent, such as D12. Files refer to the domain by this code."),
            "order": _("A number: smaller ones come first."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].disabled = bool(self.instance.pk)
        known = dict(ICONS)
        if self.instance.icon:
            known.setdefault(self.instance.icon, self.instance.icon)
        self.fields["icon"].choices = [("", _("None")), *known.items()]  # type: ignore[attr-defined]
        if not self.instance.pk:
            last = Domain.objects.aggregate(last=Max("order"))["last"]
            self.fields["order"].initial = (last or 0) + 1
