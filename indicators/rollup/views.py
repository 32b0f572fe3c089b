from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic import ListView
from django.views.generic.base import View
from django.views.generic.detail import SingleObjectMixin

from indicators.models import DirtyMark, FigureAudit, FigureDifference, RollupRun, Slice
from indicators.permissions import can_retry_slice
from indicators.rollup import actions as rollups
from orgs.mixins import PagedMixin, VisibleObjectMixin
from orgs.permissions import is_steward


class RunListView(VisibleObjectMixin, PagedMixin, ListView):
    """What the rollup did, what waits for it, and what it gave up on."""

    has_page_permission = staticmethod(is_steward)
    template_name = "indicators/run_list.html"
    context_object_name = "runs"

    def get_queryset(self) -> QuerySet[RollupRun]:
        return RollupRun.objects.all()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            audits=FigureAudit.objects.all()[:7],
            differences=self.differences(),
            can_retry=can_retry_slice(self.request.user),
            marks=DirtyMark.objects.count(),
            parked=Slice.objects.exclude(parked_at=None).select_related("indicator"),
            failing=Slice.objects.filter(parked_at=None).exclude(error="").select_related("indicator"),
            **kwargs,
        )

    def differences(self) -> QuerySet[FigureDifference]:
        """Of the last audit, the first few."""
        last = FigureAudit.objects.first()
        return FigureDifference.objects.filter(audit=last).select_related("indicator", "period", "territory__scheme")[
            :20
        ]


class SliceRetryView(VisibleObjectMixin, SingleObjectMixin, View):
    """An administrator has seen to the cause: try again."""

    has_page_permission = staticmethod(can_retry_slice)
    http_method_names = ["post"]

    def get_queryset(self) -> QuerySet[Slice]:
        return Slice.objects.all()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        part = self.get_object()
        assert isinstance(part, Slice)
        rollups.retry_slice(part=part, by=self.person)
        messages.success(request, _("It is being tried again. This page will show the result."))
        return redirect("indicators:run_list")
