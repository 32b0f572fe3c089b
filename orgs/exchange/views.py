from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View

from orgs.directory.filters import OrganisationFilter
from orgs.directory.views import SORTS
from orgs.exchange.formats import FORMATS
from orgs.exchange.records import records
from orgs.models import Organisation


@method_decorator(login_not_required, name="dispatch")
class OrganisationExportView(View):
    """The directory as it is filtered, as a file: the same for everybody."""

    def get(self, request: HttpRequest, ending: str) -> HttpResponse | StreamingHttpResponse:
        wanted = FORMATS.get(ending)
        if wanted is None:
            raise Http404
        found = OrganisationFilter(request.GET, Organisation.objects.published().order_by(*SORTS["name"][1]))
        if not found.is_valid():
            return redirect(f"{reverse('orgs:organisation_list')}?{request.GET.urlencode()}")
        answer: Any = StreamingHttpResponse(wanted.write(records(found.qs)), content_type=wanted.content_type)
        answer.headers["Content-Disposition"] = f'attachment; filename="organisations.{wanted.ending}"'
        return answer
