from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import CreateView, DetailView, FormView, UpdateView
from django.views.generic.detail import SingleObjectMixin
from django_filters.views import FilterView

from orgs.forms import PortalForm
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.permissions import Person
from partnerships.agreements.filters import PracticeFilter
from partnerships.agreements.views import for_list
from partnerships.models import Partnership, PartnershipParty, Practice
from partnerships.models.partnership import PartnershipQuerySet
from partnerships.permissions import ACTING_ROLES, can_add_practices, can_keep_practices, can_log_partnerships
from partnerships.practices.actions import add_practice, delete_practice, link_practice, update_practice
from partnerships.practices.forms import LinkPracticeForm, PracticeEditForm, PracticeForm
from partnerships.vocabulary import PartyRole


def partnerships_led_by(user: Person) -> PartnershipQuerySet:
    """Those that the person may edit."""
    if not user.is_authenticated:
        return Partnership.objects.none()
    acting = user.memberships.acting().filter(role__in=ACTING_ROLES).values("organisation")
    led = PartnershipParty.objects.filter(role=PartyRole.AUTHORITY, organisation__in=acting)
    return Partnership.objects.filter(pk__in=led.values("partnership")).order_by("title")


@method_decorator(login_not_required, name="dispatch")
class PracticeListView(VisibleObjectMixin, PagedMixin, FilterView):
    model = Practice
    filterset_class = PracticeFilter
    paginate_by = 24
    template_name = "partnerships/practice_list.html"

    def get_queryset(self) -> QuerySet[Practice]:
        return super().get_queryset().select_related("level").prefetch_related("domains")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_add=can_add_practices(self.request.user), **kwargs)


@method_decorator(login_not_required, name="dispatch")
class PracticeDetailView(VisibleObjectMixin, DetailView):
    model = Practice
    template_name = "partnerships/practice_detail.html"

    def get_queryset(self) -> QuerySet[Practice]:
        return super().get_queryset().select_related("level").prefetch_related("domains")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        following = Partnership.objects.visible_to(self.request.user).filter(practices=self.object)
        mine = partnerships_led_by(self.request.user).exclude(practices=self.object)
        form = LinkPracticeForm(partnerships=mine) if mine.exists() else None
        may_keep = can_keep_practices(self.request.user)
        return super().get_context_data(partnerships=for_list(following), link_form=form, may_keep=may_keep, **kwargs)


class PracticeCreateView(ActionMixin, VisibleObjectMixin, CreateView):
    model = Practice
    form_class = PracticeForm
    template_name = "partnerships/practice_form.html"
    has_page_permission = staticmethod(can_add_practices)
    object: Practice

    def perform(self, form: PracticeForm) -> Practice:
        practice = add_practice(by=self.person, **form.cleaned_data)
        messages.success(self.request, _("The practice is in the library."))
        return practice

    def get_success_url(self) -> str:
        return self.object.get_absolute_url()


class PracticeKeepMixin(ActionMixin, VisibleObjectMixin):
    model = Practice
    has_page_permission = staticmethod(can_keep_practices)


class PracticeUpdateView(PracticeKeepMixin, UpdateView):
    form_class = PracticeEditForm
    template_name = "partnerships/practice_edit.html"
    object: Practice

    def perform(self, form: PracticeEditForm) -> Practice:
        return update_practice(practice=form.instance, domains=form.cleaned_data["domains"], by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Saved."))
        return self.object.get_absolute_url()


class PracticeDeleteView(PracticeKeepMixin, SingleObjectMixin, FormView):
    """Asks before, and says who follows it."""

    form_class = PortalForm
    template_name = "partnerships/practice_delete.html"
    object: Practice

    def perform(self, form: PortalForm) -> Practice:
        practice: Practice = self.get_object()  # type: ignore[assignment]
        delete_practice(practice=practice, by=self.person)
        return practice

    def get_success_url(self) -> str:
        messages.success(self.request, _("The practice has been deleted."))
        return reverse("partnerships:practice_list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.object = self.get_object()  # type: ignore[assignment]
        following = Partnership.objects.filter(practices=self.object).count()
        said = ngettext(
            "%(count)d partnership follows it, and goes on without it.",
            "%(count)d partnerships follow it, and go on without it.",
            following,
        )
        consequences = [_("It does not come back with a later version of the software."), said % {"count": following}]
        return super().get_context_data(consequences=consequences, **kwargs)


class PracticeLinkView(ActionMixin, VisibleObjectMixin, FormView):
    """Links the practice to a partnership that the person may edit."""

    form_class = LinkPracticeForm
    template_name = "partnerships/practice_link.html"
    has_page_permission = staticmethod(can_log_partnerships)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.practice = get_object_or_404(Practice.objects.visible_to(request.user), slug=kwargs["slug"])
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "partnerships": partnerships_led_by(self.request.user)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(practice=self.practice, **kwargs)

    def perform(self, form: LinkPracticeForm) -> Partnership:
        partnership: Partnership = form.cleaned_data["partnership"]
        link_practice(practice=self.practice, partnership=partnership, by=self.person)
        messages.success(self.request, _("Linked to “%(title)s”.") % {"title": partnership.title})
        return partnership

    def get_success_url(self) -> str:
        return self.practice.get_absolute_url()
