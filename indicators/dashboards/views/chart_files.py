from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from indicators.dashboards.chart_file import ChartFile, ChartSeries
from indicators.models import Indicator, Release


class ChartFileMixin:
    """Stands before the view of a page with a chart, and answers with the file of that chart. 404 where nothing is drawn."""

    request: HttpRequest
    page = ""
    """The name of the page's address."""

    def get_series(self, context: dict[str, Any]) -> list[ChartSeries]:
        raise NotImplementedError

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        indicator: Indicator = context["indicator"]
        release, series = Release.objects.current(), self.get_series(context)
        if release is None or not any(one.points for one in series):
            raise Http404
        query = self.request.META.get("QUERY_STRING", "")
        address = settings.PUBLIC_URL + reverse(self.page, args=[indicator.code]) + (f"?{query}" if query else "")
        file = ChartFile(indicator, release, series, address)
        response = HttpResponse(b"".join(file.csv()), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
        return response
