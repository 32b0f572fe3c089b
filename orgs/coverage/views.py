"""Who offers what, where: the map of what is there, and of what is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
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
from orgs.models import Domain, Territory
from orgs.spreadsheets import csv_response
from orgs.vocabulary import Sector

SHOWN_GAPS = 10


class Cell(NamedTuple):
    """A number, and the address of the list behind it."""

    number: int
    url: str


@dataclass(frozen=True)
class PartRow:
    place: Territory
    offers: list[tuple[Domain, Offer, Cell]]


class TypeRow(NamedTuple):
    coverage: TypeCoverage
    url: str
    """Of the services."""
    sectors: list[tuple[str, Cell]]
    """By sector, of the organisations that offer them."""


class CoveragePage:
    """What both the page and its file show."""

    def __init__(self, form: CoverageForm) -> None:
        self.place: Territory | None = form.cleaned_data.get("territory")
        self.language: str = form.cleaned_data.get("language") or ""

    @cached_property
    def domains(self) -> list[DomainCoverage]:
        return coverage_by_type(self.place, self.language)

    @property
    def gaps(self) -> list[TypeCoverage]:
        """What nobody offers, and most people miss."""
        missed = [one for each in self.domains for one in each.types if one.offer.is_nobody and one.asked_for]
        return sorted(missed, key=lambda one: -one.asked_for)[:SHOWN_GAPS]

    @cached_property
    def parts(self) -> list[PartRow]:
        """Of the place that is looked at; of all the world the places that lie in none."""
        today = timezone.localdate()
        places = (
            Territory.objects.places().with_path().filter(parent=self.place, valid_from__lte=today, valid_to__gte=today)
        )
        parts = list(places.order_by("name"))
        offers = coverage_by_part(parts, self.language)
        domains = [each.domain for each in self.domains]
        rows = []
        for part in parts:
            offered = [(one, offers.get(part.pk, {}).get(one.pk, NOBODY)) for one in domains]
            cells = [(one, offer, Cell(offer.total, self.behind(part, offers_in=one.slug))) for one, offer in offered]
            rows.append(PartRow(part, cells))
        return rows

    @property
    def tables(self) -> list[tuple[DomainCoverage, list[TypeRow]]]:
        """By domain, each type with the addresses of what is behind its numbers."""
        return [(each, [self.type_row(one) for one in each.types]) for each in self.domains]

    def type_row(self, one: TypeCoverage) -> TypeRow:
        offer, code = one.offer, one.type.code
        numbers = [
            (_("Civil society organisations"), offer.cso, Sector.CIVIL_SOCIETY.value),
            (_("Authorities"), offer.authority, Sector.AUTHORITY.value),
            (_("Others"), offer.other, OTHERS),
        ]
        sectors = [
            (label, Cell(count, self.behind(self.place, offers=code, sector=sector)))
            for label, count, sector in numbers
        ]
        return TypeRow(one, self.address("orgs:service_search", self.place, type=code), sectors)

    def behind(self, place: Territory | None, **asked: str) -> str:
        """The directory, as it is counted."""
        return self.address("orgs:organisation_list", place, **asked)

    def address(self, page: str, place: Territory | None, **asked: str) -> str:
        said = {**asked, "territory": place.label if place else "", "language": self.language, "verified": "on"}
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
        for part in self.parts:
            for of, offer, _cell in part.offers:
                yield [part.place.label, language, of.name, "", offer.cso, offer.authority, offer.other, ""]


@method_decorator(login_not_required, name="dispatch")
class CoverageView(TemplateView):
    template_name = "orgs/coverage.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = CoverageForm(self.request.GET)
        page = CoveragePage(form) if form.is_valid() else None
        query = self.request.GET.urlencode()
        return super().get_context_data(form=form, coverage=page, query=query, **kwargs)


@method_decorator(login_not_required, name="dispatch")
class CoverageFileView(View):
    def get(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        form = CoverageForm(request.GET)
        if not form.is_valid():
            return redirect(f"{reverse('orgs:coverage')}?{request.GET.urlencode()}")
        return csv_response("coverage.csv", CoveragePage(form).rows())
