"""The types of service, for administrators."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import CreateView, FormView, UpdateView
from django.views.generic.detail import SingleObjectMixin
from django_filters.views import FilterView

from orgs.forms import PortalForm
from orgs.forms.words import languages_without
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import Service, ServiceType, ServiceTypeWord
from orgs.permissions import is_administrator
from orgs.service_types import actions as service_types
from orgs.service_types.filters import ServiceTypeListFilter
from orgs.service_types.forms import ServiceTypeForm

MOST_SAID = 5
"""Words of other types that a message names."""


class ServiceTypeListView(VisibleObjectMixin, PagedMixin, FilterView):
    """By domain, with how many words each has and how many services are of it, whether or not they are public."""

    has_page_permission = staticmethod(is_administrator)
    filterset_class = ServiceTypeListFilter
    template_name = "orgs/service_type_list.html"
    strict = True

    def get_queryset(self) -> QuerySet[ServiceType]:
        services, words = (
            Coalesce(
                Subquery(
                    model.objects.filter(type=OuterRef("pk"))
                    .order_by()
                    .values("type")
                    .annotate(count=Count("pk"))
                    .values("count")
                ),
                0,
            )
            for model in (Service, ServiceTypeWord)
        )
        found = ServiceType.objects.select_related("domain").annotate(services_count=services, words_count=words)
        return found.order_by("domain__order", "order", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = [{"type": one, "without": languages_without(one, "name")} for one in context["page_obj"]]
        return {**context, "rows": rows}


class ServiceTypePageMixin(ActionMixin, VisibleObjectMixin):
    """A form about a type of service that leads back to their list."""

    has_page_permission = staticmethod(is_administrator)
    done = gettext_lazy("Saved.")

    def get_queryset(self) -> QuerySet[ServiceType]:
        return ServiceType.objects.select_related("domain")

    def get_success_url(self) -> str:
        messages.success(self.request, str(self.done))
        return reverse("orgs:service_type_list")


class ServiceTypeFormMixin(ServiceTypePageMixin):
    def perform(self, form: ServiceTypeForm) -> ServiceType:
        before = set(ServiceTypeWord.objects.filter(type=form.instance.pk).values_list("stem", flat=True))
        saved = service_types.save_service_type(service_type=form.instance, synonyms=form.synonyms, by=self.person)
        self.tell_shared(saved.words.exclude(stem__in=before))
        return saved

    def tell_shared(self, new: QuerySet[ServiceTypeWord]) -> None:
        """Of the words that are new, those that other types have too: that may be meant, or not."""
        stems = dict(new.values_list("stem", "text"))
        others = (
            ServiceTypeWord.objects.filter(stem__in=stems).exclude(type__in=new.values("type")).select_related("type")
        )
        shared = {f"{stems[other.stem]} ({other.type})" for other in others.order_by("pk")}
        if shared:
            words = ", ".join(sorted(shared)[:MOST_SAID])
            said = _("These are words of other types too: %(words)s. Whoever types them finds all of those types.")
            messages.info(self.request, said % {"words": words})


class ServiceTypeCreateView(ServiceTypeFormMixin, CreateView):
    form_class = ServiceTypeForm
    template_name = "orgs/service_type_form.html"
    done = gettext_lazy("The type of service has been added.")


class ServiceTypeUpdateView(ServiceTypeFormMixin, UpdateView):
    form_class = ServiceTypeForm
    template_name = "orgs/service_type_form.html"
    context_object_name = "type"


class ServiceTypeStepMixin(ServiceTypePageMixin, SingleObjectMixin, FormView):
    """Asks before."""

    form_class = PortalForm
    context_object_name = "type"
    object: ServiceType

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.object = self.get_object()  # type: ignore[assignment]
        return super().get_context_data(is_used=service_types.is_used(self.object), **kwargs)


class ServiceTypeRetireView(ServiceTypeStepMixin):
    template_name = "orgs/service_type_retire.html"
    done = gettext_lazy("The type is retired. Services that have it keep it.")

    def perform(self, form: PortalForm) -> None:
        service_types.retire_service_type(service_type=self.get_object(), by=self.person)  # type: ignore[arg-type]


class ServiceTypeDeleteView(ServiceTypeStepMixin):
    template_name = "orgs/service_type_delete.html"
    done = gettext_lazy("The type has been deleted.")

    def perform(self, form: PortalForm) -> None:
        service_types.delete_service_type(service_type=self.get_object(), by=self.person)  # type: ignore[arg-type]


class ServiceTypeRestoreView(VisibleObjectMixin, SingleObjectMixin):
    has_page_permission = staticmethod(is_administrator)
    http_method_names = ["post"]

    def get_queryset(self) -> QuerySet[ServiceType]:
        return ServiceType.objects.all()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        service_types.restore_service_type(service_type=self.get_object(), by=self.person)  # type: ignore[arg-type]
        messages.success(request, _("The type can be chosen again."))
        return redirect("orgs:service_type_list")
