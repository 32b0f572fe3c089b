"""The domains of the portal, for administrators."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy
from django.views.generic import CreateView, FormView, ListView, UpdateView
from django.views.generic.detail import SingleObjectMixin

from orgs.domains import actions as domains
from orgs.domains.forms import DomainForm
from orgs.forms import PortalForm
from orgs.forms.words import languages_without
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import Domain
from orgs.permissions import is_administrator


class DomainListView(VisibleObjectMixin, PagedMixin, ListView):
    has_page_permission = staticmethod(is_administrator)
    template_name = "orgs/domain_list.html"

    def get_queryset(self) -> QuerySet[Domain]:
        return Domain.objects.order_by("order", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = [{"domain": domain, "without": languages_without(domain, "name")} for domain in context["page_obj"]]
        return {**context, "rows": rows}


class DomainPageMixin(ActionMixin, VisibleObjectMixin):
    """A form about domains that leads back to their list."""

    has_page_permission = staticmethod(is_administrator)
    done = gettext_lazy("Saved.")

    def get_queryset(self) -> QuerySet[Domain]:
        return Domain.objects.all()

    def get_success_url(self) -> str:
        messages.success(self.request, str(self.done))
        return reverse("orgs:domain_list")


class DomainCreateView(DomainPageMixin, CreateView):
    form_class = DomainForm
    template_name = "orgs/domain_form.html"
    done = gettext_lazy("The domain has been added.")

    def perform(self, form: DomainForm) -> Domain:
        return domains.add_domain(domain=form.instance, by=self.person)


class DomainUpdateView(DomainPageMixin, UpdateView):
    form_class = DomainForm
    template_name = "orgs/domain_form.html"
    context_object_name = "domain"

    def perform(self, form: DomainForm) -> Domain:
        return domains.save_domain(domain=form.instance, by=self.person)


class DomainDeleteView(DomainPageMixin, SingleObjectMixin, FormView):
    """Asks before, and says what still refers to it."""

    form_class = PortalForm
    template_name = "orgs/domain_delete.html"
    context_object_name = "domain"
    done = gettext_lazy("The domain has been deleted.")
    object: Domain

    def perform(self, form: PortalForm) -> Domain:
        domain: Domain = self.get_object()  # type: ignore[assignment]
        domains.delete_domain(domain=domain, by=self.person)
        return domain

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.object = self.get_object()  # type: ignore[assignment]
        uses = [f"{capfirst(what)}: {count}" for what, count in domains.uses_of(self.object)]
        return super().get_context_data(uses=uses, **kwargs)
