from typing import Any

from django.contrib import messages
from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import FormView, ListView

from indicators import actions
from indicators.forms import ReleaseForm
from indicators.models import DirtyMark, Release
from indicators.permissions import can_publish_release
from orgs.mixins import AccessMixin, ActionMixin

# What a release made now would change. "Changed" is what was worked out or approved after the current one was frozen. Small groups are
# those that their indicator's threshold protects by itself; more cells are hidden with them, so that no difference gives them away.
PREVIEW = """
    SELECT count(*) FILTER (WHERE r.release_id IS NULL) AS new,
           count(*) FILTER (WHERE r.release_id IS NOT NULL AND f.computed_at > %(since)s) AS changed,
           count(*) FILTER (WHERE i.threshold > 0 AND (f.numerator > 0 AND f.numerator < i.threshold OR f.denominator < i.threshold)) AS small,
           count(*) AS figures
    FROM indicators_figure f
    JOIN indicators_indicator i ON i.id = f.indicator_id
    LEFT JOIN indicators_releasedfigure r ON r.release_id = %(release)s AND r.territory_id = f.territory_id
         AND r.indicator_id = f.indicator_id AND r.period_id = f.period_id AND r.breakdown_id = f.breakdown_id
"""


def preview_of_release(current: Release | None) -> dict[str, int]:
    """{new, changed, gone, small, figures} against the current release."""
    with connection.cursor() as cursor:
        cursor.execute(
            PREVIEW, {"release": current.pk if current else None, "since": current.published_at if current else None}
        )
        new, changed, small, figures = cursor.fetchone()
    kept = figures - new
    return {
        "new": new,
        "changed": changed,
        "gone": (current.figures_count - kept) if current else 0,
        "small": small,
        "figures": figures,
    }


class ReleaseListView(AccessMixin, ListView):
    """What was published, and when."""

    may_enter = staticmethod(can_publish_release)
    template_name = "indicators/release_list.html"
    context_object_name = "releases"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[Release]:
        return Release.objects.exclude(published_at=None).select_related("created_by").order_by("-published_at", "-pk")


class ReleaseCreateView(AccessMixin, ActionMixin, FormView):
    """See what would change for the public, say why, and publish."""

    may_enter = staticmethod(can_publish_release)
    template_name = "indicators/release_form.html"
    form_class = ReleaseForm
    object: Release

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        current = Release.objects.current()
        return super().get_context_data(
            current=current, preview=preview_of_release(current), marks=DirtyMark.objects.count(), **kwargs
        )

    def perform(self, form: ReleaseForm) -> Release:
        return actions.publish_release(note=form.cleaned_data["note"], by=self.person)

    def get_success_url(self) -> str:
        messages.success(
            self.request,
            _("Published: %(figures)s figures, %(suppressed)s of them protected. Everybody reads them from now on.")
            % {"figures": self.object.figures_count, "suppressed": self.object.suppressed_count},
        )
        return reverse("indicators:release_list")
