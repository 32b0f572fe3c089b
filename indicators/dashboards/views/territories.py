import hashlib
from collections import defaultdict
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe
from django.views.generic import DetailView, TemplateView
from psycopg2.sql import SQL

from indicators.catalogue.addresses import place_or_404
from indicators.catalogue.formatting import KINDS_PLURAL
from indicators.dashboards.parts import SORTS, indicators_of_parts, map_of, territory_parts
from indicators.dashboards.recast import namesakes_of, origins_of, successions_of
from indicators.dashboards.territory import organisations_at_work, territory_dashboard
from indicators.models import Release
from orgs.models import Territory, TerritoryClosure

MOST_FOUND = 50
MOST_BRANCHES = 30


@method_decorator(login_not_required, name="dispatch")
class TerritoryListView(TemplateView):
    """Find a place by its name, or from the top of the tree down."""

    template_name = "indicators/territory_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.get("q", "").strip()
        found: list[Territory] = []
        if query:
            places = Territory.objects.places().matching(query).with_path().select_related("scheme")
            found = list(places[: MOST_FOUND + 1])
        return super().get_context_data(
            query=query,
            found=found[:MOST_FOUND],
            has_more=len(found) > MOST_FOUND,
            roots=[] if query else tree_of_places(),
            **kwargs,
        )


def tree_of_places() -> list[dict[str, Any]]:
    """Countries, their regions and so on down to municipalities, as nested places with the number of further parts."""
    on = timezone.localdate()
    shown = Q(parent=None) | Q(
        kind__in=[
            Territory.Kind.COUNTRY,
            Territory.Kind.REGION,
            Territory.Kind.PROVINCE,
            Territory.Kind.MUNICIPALITY,
        ]
    )
    places = list(Territory.objects.active(on).places().filter(shown).select_related("scheme"))
    children: dict[int | None, list[Territory]] = defaultdict(list)
    for place in places:
        children[place.parent_id].append(place)

    def branch(place: Territory) -> dict[str, Any]:
        below = children[place.pk]
        return {
            "place": place,
            "children": [branch(child) for child in below[:MOST_BRANCHES]],
            "more": max(0, len(below) - MOST_BRANCHES),
        }

    return [branch(place) for place in children[None]]


@method_decorator(login_not_required, name="dispatch")
class TerritoryDetailView(DetailView):
    """The portal's heart: everything that the current release says of a place, domain by domain.

    The app above shows its partnerships here: it subclasses this view and fills the block `partnerships` of the template.
    """

    template_name = "indicators/territory_detail.html"
    context_object_name = "territory"

    def get_queryset(self) -> QuerySet[Territory]:
        return Territory.objects.with_path().select_related("scheme")

    def get_object(self, queryset: QuerySet[Territory] | None = None) -> Territory:
        return place_or_404(self.kwargs["scheme"], self.kwargs["code"], places=self.get_queryset())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        release = Release.objects.current()
        today = timezone.localdate()
        dashboard = territory_dashboard(self.object, release, today)
        return super().get_context_data(
            dashboard=dashboard,
            release=release,
            above=dashboard.path[-2::-1],
            crumbs=crumbs_to(dashboard.path[:-1]),
            origins=origins_of(self.object),
            successions=successions_of(self.object),
            namesakes=namesakes_of(self.object),
            has_ended=self.object.valid_to < today,
            organisations=organisations_at_work(self.object),
            areas=self.get_areas(release, dashboard.kinds_below) if dashboard.kinds_below else None,
            **kwargs,
        )

    def get_areas(self, release: Release | None, kinds_below: dict[str, int]) -> dict[str, Any]:
        """The map and list of the parts, by the indicator, level and order that stand in the address."""
        kind = self.request.GET.get("level", "")
        if kind not in kinds_below:
            kind = next(iter(kinds_below))
        choices = indicators_of_parts(release, self.object)
        code = self.request.GET.get("indicator", "")
        indicator = next((one for one in choices if one.code == code), choices[0] if choices else None)
        sort = self.request.GET.get("sort", "")
        if sort not in SORTS:
            sort = "-value"
        parts = territory_parts(self.object, release, indicator, kind, timezone.localdate())
        return {
            "parts": parts,
            "choices": choices,
            "levels": [(one, KINDS_PLURAL[one], count) for one, count in kinds_below.items()],
            "kind": kind,
            "sort": sort,
            "map": map_of(self.object, parts, sort, Territory.get_absolute_url),
            "unit": str(indicator.get_unit_display()) if indicator else "",
        }


def crumbs_to(path: list[Territory]) -> list[tuple[str, str]]:
    return [(_("My city"), reverse("indicators:territory_list"))] + [
        (place.local_name, place.get_absolute_url()) for place in path
    ]


# --- Outlines -----------------------------------------------------------------------------------------------------------

# PostgreSQL writes the answer: Python never parses a coordinate.
OUTLINES = SQL("""
    SELECT {select}
    FROM orgs_territoryclosure c
    JOIN orgs_territory t ON t.id = c.descendant_id AND t.kind = %(kind)s
    JOIN orgs_territoryoutline o ON o.territory_id = t.id
    WHERE c.ancestor_id = %(territory)s AND c.depth > 0 AND %(on)s BETWEEN c.valid_from AND c.valid_to
""")
FEATURE = SQL("""coalesce(jsonb_agg(jsonb_build_object('type', 'Feature', 'geometry', o.geometry,
    'properties', jsonb_build_object('code', t.code, 'name', t.name)) ORDER BY t.id), '[]')::text""")
DIGEST = SQL("md5(coalesce(string_agg(t.code || t.name || md5(o.geometry::text), '|' ORDER BY t.id), ''))")


def outline_parameters(request: HttpRequest, scheme: str, code: str) -> dict[str, Any]:
    territory = place_or_404(scheme, code)
    kind = request.GET.get("level", "")
    try:
        on = parse_date(request.GET.get("on", "")) or min(timezone.localdate(), territory.valid_to)
    except ValueError:
        raise Http404 from None
    if kind not in Territory.Kind.values:
        nearest = TerritoryClosure.objects.filter(ancestor=territory, depth=1).exclude(
            descendant__kind=Territory.Kind.UNALLOCATED
        )
        kind = nearest.values_list("descendant__kind", flat=True).first() or ""
    return {"territory": territory.pk, "kind": kind, "on": on}


def outlines_etag(request: HttpRequest, scheme: str, code: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(OUTLINES.format(select=DIGEST), outline_parameters(request, scheme, code))
        digest = cursor.fetchone()[0]
    return f'"{hashlib.sha256(digest.encode()).hexdigest()[:20]}"'


@login_not_required
@require_safe
@condition(etag_func=outlines_etag)
def territory_outlines(request: HttpRequest, scheme: str, code: str) -> HttpResponse:
    """The outlines of a territory's parts as GeoJSON, for the map on top of their list."""
    with connection.cursor() as cursor:
        cursor.execute(OUTLINES.format(select=FEATURE), outline_parameters(request, scheme, code))
        features = cursor.fetchone()[0]
    response = HttpResponse(
        f'{{"type": "FeatureCollection", "features": {features}}}', content_type="application/geo+json"
    )
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
