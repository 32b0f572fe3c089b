from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View

from orgs.directory.filters import OrganisationFilter
from orgs.directory.views import SORTS
from orgs.exchange.formats import FORMATS
from orgs.exchange.records import records
from orgs.file_turns import all_taken, spooled, turn
from orgs.models import Organisation


@method_decorator(login_not_required, name="dispatch")
class OrganisationExportView(View):
    """The directory as it is filtered, as a file: the same for everybody."""

    def get(self, request: HttpRequest, ending: str) -> HttpResponseBase:
        wanted = FORMATS.get(ending)
        if wanted is None:
            raise Http404
        found = OrganisationFilter(request.GET, Organisation.objects.published().order_by(*SORTS["name"][1]))
        if not found.is_valid():
            return redirect(f"{reverse('orgs:organisation_list')}?{request.GET.urlencode()}")
        with turn(request) as has_turn:
            if not has_turn:
                return all_taken()
            file = spooled(wanted.write(records(found.qs)), wanted.ending)
        name = f"organisations.{wanted.ending}"
        return FileResponse(file, as_attachment=True, filename=name, content_type=wanted.content_type)
