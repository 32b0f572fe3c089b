from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import FormView
from django.views.generic.base import View

from indicators.catalogue import target_actions
from indicators.catalogue.addresses import place_or_404
from indicators.catalogue.forms import TargetForm
from indicators.models import Indicator, Target
from indicators.permissions import can_set_targets
from orgs.mixins import ActionMixin


class TargetPlaceMixin(ActionMixin):
    """One indicator in one territory, for those who may set its targets."""

    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.indicator = get_object_or_404(Indicator, code=kwargs["code"])
        self.territory = place_or_404(kwargs["scheme"], kwargs["territory"])
        if not can_set_targets(request.user, self.territory):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    @property
    def indicator_url(self) -> str:
        place = f"{self.territory.scheme.code}:{self.territory.address_code}"
        return f"{reverse('indicators:indicator_detail', args=[self.indicator.code])}?territory={place}#targets-title"


class TargetCreateView(TargetPlaceMixin, FormView):
    template_name = "indicators/target_form.html"
    form_class = TargetForm

    def get_form_kwargs(self) -> dict[str, Any]:
        target = Target(indicator=self.indicator, territory=self.territory)
        return {**super().get_form_kwargs(), "instance": target}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            indicator=self.indicator, territory=self.territory, indicator_url=self.indicator_url, **kwargs
        )

    def perform(self, form: TargetForm) -> Target:
        return target_actions.set_target(target=form.instance, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("The target has been set. Everybody can read it."))
        return self.indicator_url


class TargetDeleteView(TargetPlaceMixin, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        target = get_object_or_404(Target, pk=kwargs["pk"], indicator=self.indicator, territory=self.territory)
        target_actions.remove_target(target=target, by=self.person)
        messages.success(request, _("The target has been withdrawn."))
        return redirect(self.indicator_url)
