from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from orgs.forms.portal import PortalModelForm
from orgs.languages import language_choices_or_none


class WrittenForm(PortalModelForm):
    """Of what has words of an organisation's own people: in the language of the page unless another was said."""

    written_in = forms.ChoiceField(
        choices=language_choices_or_none, required=False, label=gettext_lazy("Language in which this is written")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and not self.instance.written_in:
            self.initial["written_in"] = get_language()


class OfferForm(WrittenForm):
    """Of what an organisation offers people, a service or a volunteer opportunity: reached as the organisation itself is unless it has a
    contact of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        house = self.instance.organisation
        for name, of_the_house in (("telephone", house.public_phone), ("email", house.public_email)):
            if of_the_house:
                self.fields[name].help_text = _("Only if it is another than %(contact)s.") % {"contact": of_the_house}
