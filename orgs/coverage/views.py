"""Who offers what, where: the map of what is there, and of what is not."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from orgs.coverage.counting import NOBODY, DomainCoverage, Offer, TypeCoverage, coverage_by_part, coverage_by_type
from orgs.coverage.forms import CoverageForm
from orgs.directory.filters import OTHERS
from orgs.languages import name_for_reader
from orgs.lookups.filters import named
from orgs.mixins import page_of
from orgs.models import Domain, ServiceType, Territory
from orgs.spreadsheets import csv_response
from orgs.vocabulary import Sector, Tier

SHOWN_GAPS = 10
DIRECTORY = "orgs:organisation_list"


class Cell(NamedTuple):
    """Of a sector, how many organisations, and the address of the list of them."""

    label: str
    icon: str
    number: int
    url: str


class CoverageColumn(NamedTuple):
    what: Domain | ServiceType
    asked: dict[str, str]
    """How the directory asks for it."""


class PartCell(NamedTuple):
    what: Domain | ServiceType
    offer: Offer
    sectors: list[Cell]
    """Those that offer it."""


class PartRow(NamedTuple):
    place: Territory
    url: str
    """Of its own page."""
    cells: list[PartCell]


class TypeRow(NamedTuple):
    coverage: TypeCoverage
    url: str
    """Of the services."""
    sectors: list[Cell]


class CoveragePage:
    """What both the page and its file show."""

    def __init__(self, form: CoverageForm) -> None:
        self.place: Territory | None = form.cleaned_data.get("territory")
        self.domain: Domain | None = form.cleaned_data.get("domain")
        self.language: str = form.cleaned_data.get("language") or ""

    @cached_property
    def domains(self) -> list[DomainCoverage]:
        return coverage_by_type(self.place, self.language, self.domain)

    @property
    def gaps(self) -> list[TypeCoverage]:
        """What nobody offers, and most people miss."""
        missed = [one for each in self.domains for one in each.types if one.offer.is_nobody and one.asked_for]
        return sorted(missed, key=lambda one: -one.asked_for)[:SHOWN_GAPS]

    @property
    def places(self) -> QuerySet[Territory]:
        """Of the place that is looked at; of all the world the places that lie in none."""
        today = timezone.localdate()
        within = Territory.objects.places().filter(parent=self.place, valid_from__lte=today, valid_to__gte=today)
        return within.with_path().order_by("name", "pk")

    @property
    def columns(self) -> list[CoverageColumn]:
        """What is counted place by place: each domain, or each type of the chosen one."""
        if self.domain is None:
            return [CoverageColumn(each.domain, {"offers_in": each.domain.slug}) for each in self.domains]
        return [CoverageColumn(one.type, {"offers": one.type.code}) for each in self.domains for one in each.types]

    def offered(self, places: Sequence[Territory]) -> Iterator[tuple[Territory, list[tuple[CoverageColumn, Offer]]]]:
        """By place and column."""
        offers, columns = coverage_by_part(places, self.language, self.domain), self.columns
        for place in places:
            there = offers.get(place.pk, {})
            yield place, [(column, there.get(column.what.pk, NOBODY)) for column in columns]

    def parts(self, places: Sequence[Territory]) -> list[PartRow]:
        return [
            PartRow(
                place,
                self.address("orgs:coverage", place, domain=self.slug),
                [
                    PartCell(what, offer, [one for one in self.sectors(place, offer, asked) if one.number])
                    for (what, asked), offer in cells
                ],
            )
            for place, cells in self.offered(places)
        ]

    @property
    def slug(self) -> str:
        return self.domain.slug if self.domain else ""

    @property
    def legend(self) -> list[Cell]:
        return self.sectors(None, NOBODY, {})

    @property
    def tables(self) -> list[tuple[DomainCoverage, list[TypeRow]]]:
        """By domain, each type with the addresses of what is behind its numbers."""
        return [(each, [self.type_row(one) for one in each.types]) for each in self.domains]

    def type_row(self, one: TypeCoverage) -> TypeRow:
        url = self.address("orgs:service_search", self.place, type=one.type.code, verified="on")
        return TypeRow(one, url, self.sectors(self.place, one.offer, {"offers": one.type.code}))

    def sectors(self, place: Territory | None, offer: Offer, asked: Mapping[str, str]) -> list[Cell]:
        """With the directory, as it is counted."""
        numbers = [
            (_("Civil society organisations"), "people", offer.cso, Sector.CIVIL_SOCIETY.value),
            (_("Authorities"), "bank", offer.authority, Sector.AUTHORITY.value),
            (_("Others"), "briefcase", offer.other, OTHERS),
        ]
        return [
            Cell(label, icon, number, self.address(DIRECTORY, place, **asked, sector=sector, tier=Tier.values[0]))
            for label, icon, number, sector in numbers
        ]

    def address(self, page: str, place: Territory | None, **asked: str) -> str:
        said = {**asked, **(named(place) if place else {}), "language": self.language}
        return f"{reverse(page)}?{urlencode({name: text for name, text in said.items() if text})}"

    def rows(self) -> Iterator[list[Any]]:
        yield [
            _("Place"), _("Language"), _("Domain"), _("Type of service"), _("Civil society organisations"), _("Authorities"), _("Others"),
            _("Asked for at least"),
        ]  # fmt: skip
        place = self.place.label if self.place else ""
        language = str(name_for_reader(self.language)) if self.language else ""
        for domain in self.domains:
            for one in domain.types:
                offer = one.offer
                yield [
                    place,
                    language,
                    domain.domain.name,
                    one.type.name,
                    offer.cso,
                    offer.authority,
                    offer.other,
                    one.asked_for,
                ]
        for part, cells in self.offered(list(self.places)):
            for column, offer in cells:
                named = [column.what.name, ""] if self.domain is None else [self.domain.name, column.what.name]
                yield [part.label, language, *named, offer.cso, offer.authority, offer.other, ""]


@method_decorator(login_not_required, name="dispatch")
class CoverageView(TemplateView):
    template_name = "orgs/coverage.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = CoverageForm(self.request.GET)
        coverage = CoveragePage(form) if form.is_valid() else None
        if coverage is not None:
            kwargs["page_obj"] = page_of(self.request, coverage.places)
            kwargs["parts"] = coverage.parts(list(kwargs["page_obj"]))
        query = self.request.GET.urlencode()
        return super().get_context_data(form=form, coverage=coverage, query=query, **kwargs)


@method_decorator(login_not_required, name="dispatch")
class CoverageFileView(View):
    def get(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        form = CoverageForm(request.GET)
        if not form.is_valid():
            return redirect(f"{reverse('orgs:coverage')}?{request.GET.urlencode()}")
        return csv_response("coverage.csv", CoveragePage(form).rows())
