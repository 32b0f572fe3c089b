from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView
from django.views.generic.detail import SingleObjectMixin

from indicators.catalogue.breakdowns import parse_key
from indicators.catalogue.formatting import names_of_groups, period_words
from indicators.models import Breakdown, Category, DirtyMark, Indicator, Period, Release, ReleaseFile
from indicators.permissions import (
    can_approve_release,
    can_discard_release,
    can_publish_release,
    can_read_viewings,
    can_recall_release,
    territories_kept_by,
)
from indicators.releases import actions as releases_actions
from indicators.releases.downloads.formats import FORMATS, Format
from indicators.releases.forms import RecallForm, ReleaseApprovalForm, ReleaseForm
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import Territory


@method_decorator(login_not_required, name="dispatch")
class ReleaseListView(PagedMixin, ListView):
    """What was published, and when, and what was recalled. Stewards see the one that is being prepared too."""

    template_name = "indicators/release_list.html"
    context_object_name = "releases"

    def get_queryset(self) -> QuerySet[Release]:
        return Release.objects.ever_published().order_by("-published_at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_steward = can_publish_release(self.request.user)
        prepared = Release.objects.filter(state__in=["draft", "preview", "failed"]).order_by("-pk")
        return super().get_context_data(
            is_steward=is_steward,
            may_read_viewings=can_read_viewings(self.request.user),
            open=prepared.first() if is_steward else None,
            current=Release.objects.current(),
            **kwargs,
        )


@method_decorator(login_not_required, name="dispatch")
class ReleaseDetailView(DetailView):
    """What is in a release, what is new and changed, why something is hidden, and its files. Before it is out, for stewards alone."""

    template_name = "indicators/release_detail.html"
    context_object_name = "release"

    def get_queryset(self) -> QuerySet[Release]:
        releases = Release.objects.select_related("created_by", "decided_by", "follows")
        return releases if can_publish_release(self.request.user) else releases.ever_published()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        if not self.object.is_recalled:
            return self.render_to_response(self.get_context_data(object=self.object))
        context = {
            "release": self.object,
            "current": Release.objects.current(),
            "is_steward": can_publish_release(request.user),
        }
        response = render(request, "indicators/release_recalled.html", context, status=410)
        add_never_cache_headers(response)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        release = self.object
        is_steward = can_publish_release(self.request.user)
        current = Release.objects.current()
        indicators = list(release.indicators.all())
        return super().get_context_data(
            is_steward=is_steward,
            is_current=release == current,
            current=current,
            indicators=indicators,
            in_it=[one for one in indicators if one.figures_count],
            sources={source["name"]: source for one in indicators for source in one.sources}.values(),
            files=self.get_files(),
            newer=current if current and current != release else None,
            may_recall=can_recall_release(self.request.user, release),
            **(self.get_changes() if is_steward else {}),
            **kwargs,
        )

    def get_files(self) -> list[tuple[Format, ReleaseFile | None]]:
        """Each format with the file that a worker makes of it; None where it is small enough to be written when asked for."""
        stored = {file.format: file for file in self.object.files.filter(language=get_language())}
        return [
            (one, stored.get(one.ending, ReleaseFile()) if self.object.figures_count > one.at_once else None)
            for one in FORMATS.values()
        ]

    def get_changes(self) -> dict[str, Any]:
        """What the preview shows, in words, and what the steward may do now. Before it is out, a steward reads only of the places that are
        theirs to keep."""
        release, user = self.object, self.request.user
        changes = release.changes
        listed, places = changes.get("largest", []), changes.get("territories", [])
        if release.is_open and not user.is_staff:
            named = {one["territory"] for one in listed} | {one["id"] for one in places}
            kept = set(territories_kept_by(user).filter(pk__in=named).values_list("pk", flat=True))
            listed = [one for one in listed if one["territory"] in kept]
            places = [one for one in places if one["id"] in kept]
        territories = Territory.objects.in_bulk({one["territory"] for one in listed} | {one["id"] for one in places})
        indicators = Indicator.objects.in_bulk({one["indicator"] for one in listed})
        periods = Period.objects.in_bulk({one["period"] for one in listed})
        keys = {
            breakdown.pk: breakdown.key
            for breakdown in Breakdown.objects.filter(pk__in=[one["breakdown"] for one in listed])
        }
        dimensions = {dimension for key in keys.values() for dimension in parse_key(key)}
        groups = names_of_groups(
            [key for key in keys.values() if key],
            Category.objects.filter(dimension__code__in=dimensions).select_related("dimension"),
        )
        return {
            "largest": [
                {
                    **one,
                    "indicator": indicators.get(one["indicator"]),
                    "territory": territories.get(one["territory"]),
                    "period": period_words(periods[one["period"]]),
                    "group": groups.get(keys.get(one["breakdown"], ""), ""),
                    "before": _number(one["before"]),
                    "after": _number(one["after"]),
                }
                for one in listed
            ],
            "territories": [{**one, "territory": territories.get(one["id"])} for one in places],
            "by_oneself": release.created_by_id is not None and release.created_by_id == user.pk,
            "may_approve": can_approve_release(user, release),
            "may_discard": can_discard_release(user, release),
            "form": ReleaseApprovalForm(initial={"note": release.note}),
            "marks": DirtyMark.objects.exists(),
        }


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


class ReleaseCreateView(VisibleObjectMixin, ActionMixin, FormView):
    """Begins a release: everything that the portal has worked out, as it stands now."""

    has_page_permission = staticmethod(can_publish_release)
    template_name = "indicators/release_form.html"
    form_class = ReleaseForm
    object: Release

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            current=Release.objects.current(),
            open=Release.objects.open().first(),
            marks=DirtyMark.objects.exists(),
            **kwargs,
        )

    def perform(self, form: ReleaseForm) -> Release:
        return releases_actions.start_release(note=form.cleaned_data["note"], by=self.person)

    def get_success_url(self) -> str:
        return self.object.get_absolute_url()


class ReleaseDecisionView(VisibleObjectMixin, ActionMixin, DetailView, FormView):
    """A step that a steward takes with an unpublished release, by POST. What is refused stands on the page of the release."""

    has_page_permission = staticmethod(can_publish_release)
    http_method_names = ["post", "options"]
    model = Release
    form_class = ReleaseApprovalForm
    object: Release

    def get_queryset(self) -> QuerySet[Release]:
        return Release.objects.all()

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()  # type: ignore[assignment]
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        for errors in form.errors.values():
            for error in errors:
                messages.error(self.request, str(error))
        return HttpResponseRedirect(self.object.get_absolute_url())

    def get_success_url(self) -> str:
        messages.success(self.request, self.done())
        return self.object.get_absolute_url()

    def done(self) -> str:
        raise NotImplementedError


class ReleaseApproveView(ReleaseDecisionView):
    """Who made it is told that it takes somebody else; who may not is turned away."""

    def perform(self, form: ReleaseApprovalForm) -> Release:
        return releases_actions.approve_release(release=self.object, note=form.cleaned_data["note"], by=self.person)

    def done(self) -> str:
        return ngettext(
            "Published: %(figures)s figure, %(suppressed)s of them protected.",
            "Published: %(figures)s figures, %(suppressed)s of them protected.",
            self.object.figures_count,
        ) % {"figures": self.object.figures_count, "suppressed": self.object.suppressed_count}


class ReleaseDiscardView(ReleaseDecisionView):
    def perform(self, form: ReleaseApprovalForm) -> Release:
        return releases_actions.discard_release(release=self.object, by=self.person)

    def done(self) -> str:
        return _("Discarded. The published figures stay as they are.")


class ReleaseRecallView(VisibleObjectMixin, ActionMixin, SingleObjectMixin, FormView):
    """Takes a published release away from everybody, with a reason that everybody reads."""

    has_page_permission = staticmethod(can_publish_release)
    has_object_permission = staticmethod(can_recall_release)
    template_name = "indicators/release_recall.html"
    form_class = RecallForm
    context_object_name = "release"
    object: Release

    def get_queryset(self) -> QuerySet[Release]:
        return Release.objects.published()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and can_publish_release(request.user):
            self.object = self.get_object()  # type: ignore[assignment]
        return super().dispatch(request, *args, **kwargs)

    def perform(self, form: RecallForm) -> Release:
        return releases_actions.recall_release(release=self.object, reason=form.cleaned_data["reason"], by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Recalled. It is no longer public."))
        return reverse("indicators:release_list")
