from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, ListView
from django.views.generic.detail import SingleObjectMixin

from indicators.catalogue.addresses import place_or_404
from indicators.confidential import actions as confidential
from indicators.confidential.actions import OPEN_FOR
from indicators.confidential.forms import ConfidentialAccessForm
from indicators.models import ConfidentialAccess, ConfidentialViewing, ImportBatch, Indicator
from indicators.permissions import can_read_viewings, can_see_confidential_figures
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.permissions import is_steward


def own_address(request: HttpRequest) -> str:
    """Where to go on: an address of the portal, or none."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


@method_decorator(never_cache, name="dispatch")
class ConfidentialAccessView(VisibleObjectMixin, ActionMixin, FormView):
    """Say why, and see an indicator's figures of a territory as they are, for half an hour."""

    template_name = "indicators/confidential_access_form.html"
    form_class = ConfidentialAccessForm
    object: ConfidentialAccess

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.next = own_address(request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.indicator = get_object_or_404(Indicator, code=kwargs["indicator"])
        self.territory = place_or_404(kwargs["scheme"], kwargs["territory"])
        if not can_see_confidential_figures(request.user, self.territory):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            indicator=self.indicator,
            territory=self.territory,
            next=self.next,
            minutes=int(OPEN_FOR.total_seconds() // 60),
            **kwargs,
        )

    def perform(self, form: ConfidentialAccessForm) -> ConfidentialAccess:
        return confidential.open_confidential_figures(
            territory=self.territory, indicator=self.indicator, reason=form.cleaned_data["reason"], by=self.person
        )

    def get_success_url(self) -> str:
        messages.success(self.request, _("You can now see the confidential figures. Each figure you view is recorded."))
        scheme, code = self.territory.scheme.code, self.territory.address_code
        return self.next or f"{self.indicator.get_absolute_url()}?territory={scheme}:{code}"


@method_decorator(never_cache, name="dispatch")
class BatchAccessView(VisibleObjectMixin, ActionMixin, SingleObjectMixin, FormView):
    """Say why, and see what an import or a report says, for half an hour."""

    has_page_permission = staticmethod(is_steward)
    model = ImportBatch
    template_name = "indicators/confidential_access_form.html"
    form_class = ConfidentialAccessForm
    object: Any

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_steward(request.user):
            self.batch: ImportBatch = self.get_object()  # type: ignore[assignment]
            self.object = self.batch
            self.next = own_address(request)
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"reason": _("To check “%(name)s”") % {"name": self.batch.file_name[:200]}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            batch=self.batch, next=self.next, minutes=int(OPEN_FOR.total_seconds() // 60), **kwargs
        )

    def perform(self, form: ConfidentialAccessForm) -> ConfidentialAccess:
        return confidential.open_confidential_figures_of(
            batch=self.batch, reason=form.cleaned_data["reason"], by=self.person
        )

    def get_success_url(self) -> str:
        messages.success(self.request, _("You can now see the confidential figures. Each figure you view is recorded."))
        return self.next or self.batch.get_absolute_url()


@method_decorator(never_cache, name="dispatch")
class ConfidentialViewingListView(VisibleObjectMixin, PagedMixin, ListView):
    """Who saw which confidential figures, when and why."""

    has_page_permission = staticmethod(can_read_viewings)
    model = ConfidentialViewing
    template_name = "indicators/confidential_viewing_list.html"
    context_object_name = "viewings"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[ConfidentialViewing]:
        return (
            super()
            .get_queryset()
            .select_related(
                "access__user", "access__indicator", "access__batch", "territory__scheme", "period", "breakdown"
            )
        )
