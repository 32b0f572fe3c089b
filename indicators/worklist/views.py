from typing import Any

from django.views.generic import TemplateView

from indicators.worklist.queues import queues_of
from orgs.mixins import VisibleObjectMixin
from orgs.permissions import is_steward


class WorklistView(VisibleObjectMixin, TemplateView):
    """All that there is to do for a steward, in one place."""

    has_page_permission = staticmethod(is_steward)
    template_name = "indicators/worklist.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        queues = queues_of(self.person)
        return super().get_context_data(piles=queues, count=sum(queue.count for queue in queues), **kwargs)
