"""Who reviews where, how much there is to do for each, and who is to begin or to stop."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView, FormView, View
from django_filters.views import FilterView

from orgs.members import actions as members
from orgs.members.views import send_again
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import Invitation, ReviewerAppointment, Territory, User
from orgs.models.reach import ids_tied_around, ids_tied_within
from orgs.permissions import is_administrator
from orgs.reviewers.filters import ENDED, AppointmentFilter
from orgs.reviewers.forms import AppointmentForm
from orgs.reviewers.workload import places_without_reviewer, with_workload


class AppointmentListView(VisibleObjectMixin, PagedMixin, FilterView):
    """Every appointment with its workload, the one with the oldest to review first."""

    filterset_class = AppointmentFilter
    template_name = "orgs/appointment_list.html"
    has_page_permission = staticmethod(is_administrator)
    strict = True

    def get_queryset(self) -> QuerySet[ReviewerAppointment]:
        """Those that have ended only when they are asked for."""
        is_over = self.request.GET.get("state") == ENDED
        chosen = ReviewerAppointment.objects.ended() if is_over else ReviewerAppointment.objects.not_ended()
        appointments = chosen.select_related("user", "territory__parent__parent__parent")
        return with_workload(appointments).order_by(F("oldest"), "user__name", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        invitations = Invitation.objects.open().exclude(territory=None).select_related("territory", "mail")
        return super().get_context_data(
            invitations=invitations.order_by("-created_at"),
            places=places_without_reviewer(),
            now=timezone.now(),
            **kwargs,
        )


class AppointmentCreateView(VisibleObjectMixin, ActionMixin, FormView):
    form_class = AppointmentForm
    template_name = "orgs/appointment_form.html"
    has_page_permission = staticmethod(is_administrator)

    def get_initial(self) -> dict[str, Any]:
        """With the place of the link that led here, where it exists."""
        asked = self.request.GET.get("territory", "")
        place = Territory.objects.filter(pk=asked).first() if asked.isdecimal() else None
        return {"language": get_language(), "territory": place}

    def perform(self, form: AppointmentForm) -> ReviewerAppointment | Invitation:
        cleaned = form.cleaned_data
        asked: dict[str, Any] = {"territory": cleaned["territory"], **form.period()}
        user = account_of(cleaned["email"])
        if user is not None:
            appointment = members.appoint_reviewer(user=user, **asked, by=self.person)
            said = _("%(person)s has been appointed and is told by e-mail.")
            messages.success(self.request, said % {"person": appointment.user})
            return appointment
        if not ratelimit.consume(self.request, action="invite_member", key=cleaned["email"].lower()):
            raise ValidationError(_("Too many e-mails in a short time. Try again in an hour."))
        invitation = members.invite_reviewer(
            email=cleaned["email"], language=cleaned["language"], **asked, by=self.person
        )
        said = _("Nobody has an account with %(email)s yet. An invitation is being sent there.")
        messages.success(self.request, said % {"email": invitation.email})
        return invitation

    def get_success_url(self) -> str:
        return reverse("orgs:appointment_list")


def account_of(email: str) -> User | None:
    """Of whoever has confirmed the address, be it a second one, or logs in with it."""
    known = EmailAddress.objects.filter(email=email.lower(), verified=True).select_related("user").first()
    return known.user if known else User.objects.filter(email=email.lower()).first()


class EndAppointmentView(VisibleObjectMixin, DetailView):
    """Asks before: who else reviews there, and what is left to do."""

    template_name = "orgs/appointment_end.html"
    has_page_permission = staticmethod(is_administrator)
    context_object_name = "appointment"

    def get_queryset(self) -> QuerySet[ReviewerAppointment]:
        return with_workload(ReviewerAppointment.objects.select_related("user", "territory"))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        ended = members.end_appointment(appointment=get_object_or_404(ReviewerAppointment, pk=pk), by=self.person)
        messages.success(request, _("The appointment of %(person)s has ended.") % {"person": ended.user})
        return redirect("orgs:appointment_list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        appointment: ReviewerAppointment = self.object
        place = appointment.territory
        there = Q(territory__in=ids_tied_around(place)) | Q(territory__in=ids_tied_within(place))
        others = ReviewerAppointment.objects.active().filter(there, user__is_active=True)
        return super().get_context_data(
            others=others.exclude(user=appointment.user).select_related("user", "territory")[:10],
            is_over=appointment.ends_at is not None and appointment.ends_at <= timezone.now(),
            **kwargs,
        )


class OfReviewInvitation(VisibleObjectMixin, View):
    http_method_names = ["post"]
    has_page_permission = staticmethod(is_administrator)

    def invitation(self, pk: int) -> Invitation:
        return get_object_or_404(Invitation.objects.open().exclude(territory=None), pk=pk)


class ResendReviewInvitationView(OfReviewInvitation):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        return send_again(request, self.invitation(pk), by=self.person, then=reverse("orgs:appointment_list"))


class WithdrawReviewInvitationView(OfReviewInvitation):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        members.withdraw_invitation(invitation=self.invitation(pk), by=self.person)
        messages.success(request, _("The invitation has been withdrawn."))
        return redirect("orgs:appointment_list")
