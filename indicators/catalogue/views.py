"""Stewards keep the catalogue: they add, edit, check and retire indicators. Everybody reads what changed."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import CreateView, DetailView, TemplateView, UpdateView
from django.views.generic.base import View

from indicators.catalogue import actions as catalogue
from indicators.catalogue.forms import IndicatorForm
from indicators.catalogue.history import rule_changes, version_lines
from indicators.models import Indicator
from indicators.permissions import can_agree_to_protection, can_edit_indicator
from orgs.mixins import ActionMixin, AuthenticatedUserMixin, VisibleObjectMixin
from orgs.permissions import is_steward


class IndicatorCreateView(VisibleObjectMixin, ActionMixin, CreateView):
    has_page_permission = staticmethod(is_steward)
    form_class = IndicatorForm
    template_name = "indicators/indicator_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.person}

    def perform(self, form: IndicatorForm) -> Indicator:
        indicator = catalogue.add_indicator(indicator=form.instance, by=self.person, **form.facts())
        messages.success(
            self.request, _("The indicator is in the catalogue. Its definition is provisional until it is checked.")
        )
        return indicator


class IndicatorUpdateView(VisibleObjectMixin, ActionMixin, UpdateView):
    has_object_permission = staticmethod(can_edit_indicator)
    form_class = IndicatorForm
    template_name = "indicators/indicator_form.html"
    context_object_name = "indicator"
    slug_field = slug_url_kwarg = "code"

    def get_queryset(self) -> QuerySet[Indicator]:
        return Indicator.objects.select_related("owner")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.person}

    def perform(self, form: IndicatorForm) -> Indicator:
        indicator = catalogue.edit_indicator(indicator=form.instance, by=self.person, **form.facts())
        messages.success(self.request, _("Saved."))
        if indicator.protection_changes.open().exists():
            messages.info(
                self.request,
                _("A second person has to agree to the weaker protection. Until then, the protection stays as it is."),
            )
        return indicator

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        change = self.object.protection_changes.open().select_related("asked_by", "indicator__owner").first()
        return super().get_context_data(
            change=change,
            may_agree=change is not None and can_agree_to_protection(self.request.user, change),
            **kwargs,
        )


class IndicatorStepMixin(AuthenticatedUserMixin):
    """A step that a steward takes with an indicator, by POST. What is refused stands on the page of the indicator."""

    done: str | Promise = ""
    take: Callable[..., Indicator]
    indicator: Indicator

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.indicator = get_object_or_404(Indicator.objects.select_related("owner"), code=kwargs["code"])
        if not can_edit_indicator(request.user, self.indicator):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            type(self).take(indicator=self.indicator, by=self.person)
        except ValidationError as refusal:
            for message in refusal.messages:
                messages.error(request, message)
        else:
            messages.success(request, str(self.done))
        return redirect(self.indicator)


class ProtectionDecisionView(IndicatorStepMixin, View):
    """Agree to a weaker protection, as the second person, or refuse it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        change = self.indicator.protection_changes.open().first()
        try:
            if change is None:
                messages.info(request, _("There is nothing to decide here any more."))
            elif "agree" in request.POST:
                catalogue.agree_to_protection(change=change, by=self.person)
                messages.success(request, _("Agreed. It applies from the next release."))
            else:
                catalogue.refuse_protection(change=change, by=self.person)
                messages.success(request, _("Refused. The protection stays as it is."))
        except ValidationError as refusal:  # Somebody else decided at the same moment.
            messages.error(request, " ".join(refusal.messages))
        return redirect(self.indicator)


class IndicatorRetireView(IndicatorStepMixin, TemplateView):
    """Asks first."""

    template_name = "indicators/indicator_retire.html"
    take = staticmethod(catalogue.retire_indicator)
    done = gettext_lazy("The indicator is retired. Its figures stay readable.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(indicator=self.indicator, **kwargs)


class IndicatorRestoreView(IndicatorStepMixin, View):
    http_method_names = ["post"]
    take = staticmethod(catalogue.restore_indicator)
    done = gettext_lazy("The indicator takes figures again.")


class DefinitionCheckView(IndicatorStepMixin, View):
    http_method_names = ["post"]
    take = staticmethod(catalogue.check_definition)
    done = gettext_lazy("The definition is marked as checked.")


@method_decorator(login_not_required, name="dispatch")
class IndicatorHistoryView(DetailView):
    """What the indicator has meant, and since when."""

    template_name = "indicators/indicator_history.html"
    context_object_name = "indicator"
    model = Indicator
    slug_field = slug_url_kwarg = "code"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            versions=version_lines(self.object),
            changes=rule_changes(self.object),
            shows_people=is_steward(self.request.user),
            **kwargs,
        )
