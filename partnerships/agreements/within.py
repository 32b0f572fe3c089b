"""What pages within a partnership share: it is found, and entered, as the partnership itself is."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404

from orgs.mixins import VisibleObjectMixin
from partnerships.models import Partnership
from partnerships.models.partnership import PartnershipQuerySet


class PartnershipMixin(VisibleObjectMixin):
    """For views of Django's whose object is the partnership."""

    model = Partnership
    slug_field = "reference"
    slug_url_kwarg = "reference"

    def get_queryset(self) -> PartnershipQuerySet:
        visible = Partnership.objects.visible_to(self.request.user)
        return visible.select_related("territory__scheme", "promised__scale").with_parties()


class WithinPartnershipMixin(VisibleObjectMixin):
    """For pages of a thing in a partnership. Who may not see the partnership gets 404, who may not act in it 403."""

    partnership: Partnership

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.find()
        return super().dispatch(request, *args, **kwargs)

    def find(self) -> None:
        visible = Partnership.objects.visible_to(self.request.user).select_related("territory", "promised")
        self.partnership = get_object_or_404(visible.with_parties(), reference=self.kwargs["reference"])
        has_object_permission = type(self).has_object_permission
        self.permit(has_object_permission is None or has_object_permission(self.request.user, self.partnership))

    def permit(self, is_allowed: bool) -> None:
        if not is_allowed:
            raise PermissionDenied

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(partnership=self.partnership, **kwargs)  # type: ignore[misc]

    def get_success_url(self) -> str:
        return self.partnership.get_absolute_url()

    def act(self, action: Callable[[], object], done: str, to: str = "") -> HttpResponse:
        """For a button without a form: says what the action refused, or that it is done."""
        try:
            action()
        except ValidationError as refusal:
            for message in refusal.messages:
                messages.error(self.request, message)
        else:
            messages.success(self.request, done)
            return HttpResponseRedirect(to or self.get_success_url())
        return HttpResponseRedirect(self.get_success_url())
