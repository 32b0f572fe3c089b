"""What was done with sources and the standard list, for administrators."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.views.generic import ListView

from indicators.dimensions.history import KINDS, Kind, changes_of
from orgs.mixins import PagedMixin, VisibleObjectMixin
from orgs.permissions import is_administrator


class ListHistoryView(VisibleObjectMixin, PagedMixin, ListView):
    has_page_permission = staticmethod(is_administrator)
    template_name = "indicators/list_history.html"
    kind: Kind

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if kwargs["kind"] not in KINDS:
            raise Http404
        self.kind = KINDS[kwargs["kind"]]

    def get_queryset(self) -> QuerySet[Any]:
        return self.kind.events

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        kinds = [
            (kind.title, reverse("indicators:list_history", args=[name]), kind is self.kind)
            for name, kind in KINDS.items()
        ]
        return {
            **context,
            "title": self.kind.title,
            "kinds": kinds,
            "changes": changes_of(self.kind, context["page_obj"].object_list),
        }
