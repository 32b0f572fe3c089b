"""An organisation's own people keep its services; one press of theirs each year says that they are still right."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.generic import CreateView, DeleteView, TemplateView, UpdateView, View

from orgs.mixins import ActionMixin, OfOrganisation, page_of
from orgs.models import Organisation, Service
from orgs.services import actions as services
from orgs.services.forms import ServiceForm


class ServiceListView(OfOrganisation, TemplateView):
    template_name = "orgs/service_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = self.organisation.services.select_related("domain", "type", "organisation")
        return super().get_context_data(
            page_obj=page_of(self.request, own),
            has_due=self.organisation.services.filter(services.due(timezone.localdate())).exists(),
            **kwargs,
        )


class ServiceEditing(OfOrganisation, ActionMixin):
    """What adding and changing a service have in common."""

    def get_queryset(self) -> QuerySet[Service]:
        return self.organisation.services.all()

    def save(self, form: ServiceForm) -> Service:
        service: Service = form.instance
        return services.save_service(
            service=service, territories=form.cleaned_data["territories"], hours=form.hours(), by=self.person
        )

    def get_success_url(self) -> str:
        return reverse("orgs:service_list", args=[self.organisation.slug])


class ServiceCreateView(ServiceEditing, CreateView):
    model = Service
    form_class = ServiceForm
    template_name = "orgs/service_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        blank = Service(organisation=self.organisation, languages=self.organisation.languages)
        return {**super().get_form_kwargs(), "instance": blank}

    def perform(self, form: ServiceForm) -> Service:
        return self.save(form)


class ServiceUpdateView(ServiceEditing, UpdateView):
    model = Service
    form_class = ServiceForm
    template_name = "orgs/service_form.html"

    def perform(self, form: ServiceForm) -> Service:
        return self.save(form)


class ServiceDeleteView(OfOrganisation, DeleteView):
    model = Service
    template_name = "orgs/service_confirm_delete.html"

    def get_queryset(self) -> QuerySet[Service]:
        return self.organisation.services.all()

    def form_valid(self, form: Any) -> HttpResponse:
        services.remove_service(service=self.object, by=self.person)
        return redirect("orgs:service_list", self.organisation.slug)


class ServicesConfirmView(OfOrganisation):
    """All of them are still right, said on their list."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        say_how_many(request, services.confirm_services(organisation=self.organisation))
        return redirect("orgs:service_list", slug)


@method_decorator((login_not_required, never_cache), name="dispatch")
class StillRightView(View):
    """Where the yearly e-mail leads. Programs that read mail follow its address, so it takes a press of a button, and no account."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        organisation = self.organisation(token)
        return self.gone() if organisation is None else self.show(organisation)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        organisation = self.organisation(token)
        if organisation is None:
            return self.gone()
        services.confirm_services(organisation=organisation)
        return self.show(organisation)

    def organisation(self, token: str) -> Organisation | None:
        try:
            return services.organisation_of(token)
        except (BadSignature, Organisation.DoesNotExist):
            return None

    def show(self, organisation: Organisation) -> HttpResponse:
        due = organisation.services.filter(services.due(timezone.localdate()))
        return render(self.request, "orgs/services_still_right.html", {"organisation": organisation, "due": due})

    def gone(self) -> HttpResponse:
        return render(self.request, "orgs/registration_unknown.html", status=404)


def say_how_many(request: HttpRequest, confirmed: int) -> None:
    said = ngettext("%(count)s service is still right.", "%(count)s services are still right.", confirmed)
    messages.success(request, said % {"count": confirmed} if confirmed else _("Nothing had to be confirmed."))
