"""Authorities as administrators see them: who manages each, and what it has done last."""

from typing import Any

from django.contrib import messages
from django.db.models import Max, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView
from django_filters.views import FilterView

from orgs.authorities import actions as authorities
from orgs.authorities.filters import AuthorityFilter
from orgs.authorities.forms import AuthorityForm
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import Invitation, Membership, Organisation
from orgs.naming import address_upstairs
from orgs.permissions import is_administrator


def with_last_activity(organisations: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """When it was changed last, or one of its people logged in."""
    seen = (
        Membership.objects.active()
        .filter(organisation=OuterRef("pk"))
        .order_by()
        .values("organisation")
        .annotate(last=Max("user__last_login"))
        .values("last")
    )
    return organisations.annotate(last_activity=Greatest("updated_at", Subquery(seen)))


class AuthorityListView(VisibleObjectMixin, PagedMixin, FilterView):
    """Every authority that is not closed, with its managers or whom somebody has invited to be one."""

    filterset_class = AuthorityFilter
    template_name = "orgs/authority_list.html"
    has_page_permission = staticmethod(is_administrator)
    strict = True

    def get_queryset(self) -> QuerySet[Organisation]:
        managers = (
            Membership.objects.active()
            .filter(role=Membership.Role.MANAGER, user__is_active=True)
            .select_related("user")
        )
        invited = Invitation.objects.open().filter(role=Membership.Role.MANAGER).select_related("mail")
        return (
            with_last_activity(Organisation.objects.authorities().filter(closed_on=None))
            .select_related("territory__parent__parent__parent")
            .prefetch_related(
                Prefetch("memberships", managers, to_attr="managers"),
                Prefetch("invitations", invited, to_attr="invited"),
            )
            .order_by("name_folded", "pk")
        )


class AuthorityCreateView(VisibleObjectMixin, ActionMixin, FormView):
    form_class = AuthorityForm
    template_name = "orgs/authority_form.html"
    has_page_permission = staticmethod(is_administrator)
    object: Organisation

    def get_initial(self) -> dict[str, Any]:
        return {"language": get_language()}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "by": self.person}

    def perform(self, form: AuthorityForm) -> Organisation:
        asked = {name: value for name, value in form.cleaned_data.items() if name != "is_another"}
        return authorities.add_authority(**asked, by=self.person)

    def get_success_url(self) -> str:
        if self.object.invitations.exists():
            messages.success(self.request, _("The authority has been added, and the invitation is being sent."))
        else:
            messages.success(self.request, _("The authority has been added. Invite somebody to manage it."))
        return address_upstairs("organisation_manage", self.object.slug) or reverse("orgs:authority_list")
