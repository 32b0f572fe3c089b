"""Administrators say what the portal is called, in which languages it is offered, and what time it is there."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import UpdateView

from orgs.mixins import ActionMixin, VisibleObjectMixin
from orgs.models import Portal
from orgs.permissions import is_administrator
from orgs.portal import actions as portals
from orgs.portal.forms import PortalSettingsForm


class PortalUpdateView(VisibleObjectMixin, ActionMixin, UpdateView):
    model = Portal
    form_class = PortalSettingsForm
    template_name = "orgs/portal_form.html"
    has_page_permission = staticmethod(is_administrator)

    def get_object(self, queryset: QuerySet[Any] | None = None) -> Portal:
        return Portal.objects.get(pk=1)

    def perform(self, form: PortalSettingsForm) -> Portal:
        return portals.update_portal(portal=form.instance, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("The settings of the portal have been saved."))
        return reverse("administration")
