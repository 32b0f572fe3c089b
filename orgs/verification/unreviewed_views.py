"""What verified organisations have changed, and no reviewer has seen yet: services and their contacts, texts, needs, offers, who leads them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import ListView, View
from django.views.generic.detail import SingleObjectMixin

from orgs.mixins import PagedMixin, VisibleObjectMixin
from orgs.models import ReviewedProfile, VerificationRules
from orgs.permissions import can_see_changes_off, is_reviewer_or_administrator
from orgs.review_queues import unreviewed
from orgs.verification.differences import profile_differences
from orgs.verification.forms import SeenForm
from orgs.verification.profiles import profiles_of
from orgs.verification.unreviewed import mark_seen


class UnreviewedListView(VisibleObjectMixin, PagedMixin, ListView):
    """The latest change first. An administrator reads it; only a reviewer takes something off it."""

    model = ReviewedProfile
    template_name = "orgs/unreviewed_list.html"
    has_page_permission = staticmethod(is_reviewer_or_administrator)

    def get_queryset(self) -> QuerySet[ReviewedProfile]:
        rows = unreviewed().seen_by(self.person).order_by("-changed_at", "-pk")
        return rows.select_related("organisation__territory__parent__parent__parent", "seen_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows: list[ReviewedProfile] = list(context["page_obj"])
        profiles = profiles_of([row.organisation_id for row in rows])
        changes = profile_differences([(row.profile, profiles[row.organisation_id]) for row in rows])
        mine = ReviewedProfile.objects.reviewable_by(self.person).filter(pk__in=[row.pk for row in rows])
        own = set(mine.values_list("pk", flat=True))
        now, overdue = timezone.now(), VerificationRules.objects.current().days_until_overdue
        context["cards"] = [
            {
                "reviewed": row,
                "changes": differences,
                "days": (now - row.unseen_since).days if row.unseen_since else 0,
                "is_overdue": row.unseen_since is not None and (now - row.unseen_since).days >= overdue,
                "form": SeenForm(initial={"version": row.version}, auto_id=False) if row.pk in own else None,
            }
            for row, differences in zip(rows, changes, strict=True)
        ]
        return context


class UnreviewedSeenView(VisibleObjectMixin, SingleObjectMixin, View):
    """Without a question: what changes again comes back to the list."""

    http_method_names = ["post"]
    model = ReviewedProfile
    has_page_permission = staticmethod(is_reviewer_or_administrator)
    has_object_permission = staticmethod(can_see_changes_off)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        reviewed: Any = self.get_object()
        form = SeenForm(request.POST)
        version = form.cleaned_data["version"] if form.is_valid() else -1
        try:
            mark_seen(reviewed=reviewed, version=version, by=self.person)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, _("Seen. It comes back when something changes again."))
        return redirect("orgs:unreviewed_list")
