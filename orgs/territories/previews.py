"""A form that first says what follows, and acts when that has been seen."""

import hashlib
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpResponse

from orgs.forms.sent import TOKEN
from orgs.mixins import ActionMixin, show_refusal
from orgs.territories.actions import PlaceChange
from orgs.territories.consequences import consequences_of

SEEN = "seen"


class PreviewMixin(ActionMixin):
    """`perform` is done once for the look and undone, and once for good. Whoever changes the form in between sees what follows anew."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        if self.request.POST.get(SEEN) == self.digest():
            return super().form_valid(form)
        try:
            with transaction.atomic():
                change: PlaceChange = self.perform(form)
                consequences = consequences_of(change)
                transaction.set_rollback(True)
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        context: dict[str, Any] = self.get_context_data(form=form, consequences=consequences, seen=self.digest())  # type: ignore[attr-defined]
        return self.render_to_response(context)  # type: ignore[attr-defined]

    def digest(self) -> str:
        """Of what was typed."""
        typed = sorted((name, values) for name, values in self.request.POST.lists() if name not in (SEEN, TOKEN))
        return hashlib.sha256(repr(typed).encode()).hexdigest()
