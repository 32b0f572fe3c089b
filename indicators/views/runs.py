from typing import Any

from django.db.models import QuerySet
from django.views.generic import ListView

from indicators.models import DirtyMark, RollupRun, Slice
from indicators.permissions import is_steward
from orgs.mixins import AccessMixin


class RunListView(AccessMixin, ListView):
    """What the rollup did, what waits for it, and what it gave up on."""

    may_enter = staticmethod(is_steward)
    template_name = "indicators/run_list.html"
    context_object_name = "runs"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[RollupRun]:
        return RollupRun.objects.all()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            marks=DirtyMark.objects.count(),
            parked=Slice.objects.exclude(parked_at=None).select_related("indicator"),
            failing=Slice.objects.filter(parked_at=None).exclude(error="").select_related("indicator"),
            **kwargs,
        )
