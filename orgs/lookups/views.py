"""Suggestions for fields that look something up: what is public anyway, a dozen at a time."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from orgs.lookups.sources import Lookup, OrganisationLookup, RegisterLookup, TerritoryLookup
from orgs.vocabulary import Sector


@login_not_required
@require_safe
@cache_control(max_age=300, private=True)
@vary_on_headers("Accept-Language", "Cookie")
def lookup_territories(request: HttpRequest) -> JsonResponse:
    return suggestions(TerritoryLookup(ever="ever" in request.GET), request)


@login_not_required
@require_safe
@cache_control(max_age=60, private=True)
@vary_on_headers("Accept-Language", "Cookie")
def lookup_organisations(request: HttpRequest) -> JsonResponse:
    sectors = [sector for sector in request.GET.getlist("sector") if sector in Sector.values]
    return suggestions(OrganisationLookup(sectors=sectors), request)


@login_not_required
@require_safe
@cache_control(max_age=300, private=True)
@vary_on_headers("Accept-Language", "Cookie")
def lookup_registers(request: HttpRequest) -> JsonResponse:
    return suggestions(RegisterLookup(), request)


def suggestions(lookup: Lookup, request: HttpRequest) -> JsonResponse:
    text = request.GET.get("q", "").strip()[:100]
    found = lookup.similar(text) if len(text) > 1 else []
    return JsonResponse({"results": [{"value": lookup.value(item), "label": lookup.label(item)} for item in found]})
