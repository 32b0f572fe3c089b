"""An authority that asks organisations for figures, and their answers."""

import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from indicators.models import Observation, Period, Report, ReportRequest
from indicators.reports import actions as reports_actions
from indicators.reports.cells import Typed
from orgs.models import Membership, Organisation, User
from tests.factories import MembershipFactory, OrganisationFactory, UserFactory
from tests.indicators.land import Land


def number(amount: Any, base: Any = None) -> Typed:
    return Typed(Decimal(amount), None if base is None else Decimal(base))


def association(name: str) -> Organisation:
    organisation = OrganisationFactory(published=True, name=name)
    for role in (Membership.Role.OWNER, Membership.Role.VIEWER):
        MembershipFactory(
            organisation=organisation, role=role, user=UserFactory(email=f"{role}@{name.lower()}.example.org")
        )
    return organisation


class Asking:
    """Short ways to ask and answer."""

    def __init__(self, land: Land, authority: Organisation, steward: User) -> None:
        self.land, self.authority, self.steward = land, authority, steward

    def ask(
        self, *organisations: Organisation, indicator: str = "PEOPLE", days: int = 30, **fields: Any
    ) -> ReportRequest:
        return reports_actions.ask_for_reports(
            **{
                "authority": self.authority,
                "organisations": organisations,
                "title": "Incidents of 2017",
                "territory": self.land.territories["CITY"],
                "indicators": [self.land.indicators[indicator]],
                "periods": [Period.objects.get(code="2017")],
                "due_on": timezone.localdate() + datetime.timedelta(days=days),
                "by": self.steward,
                **fields,
            }
        )

    def fill(self, report: Report, *said: Typed | None) -> Report:
        report.refresh_from_db()
        cells = reports_actions.cells_of_request(report.request)
        answers = {cell.key: typed for cell, typed in zip(cells, said, strict=False) if typed is not None}
        return reports_actions.save_report(report=report, answers=answers, version=report.version, by=None)

    def send(self, report: Report, *said: Typed | None) -> Report:
        return reports_actions.submit_report(report=self.fill(report, *said), by=None)

    def approve(self, report: Report) -> Report:
        return reports_actions.approve_report(report=report, by=self.steward)

    def counted(self, place: str = "CITY", key: str = "", indicator: str = "PEOPLE") -> Observation | None:
        rows = Observation.objects.approved().filter(indicator=self.land.indicators[indicator], breakdown__key=key)
        return rows.filter(territory=self.land.territories[place], period__code="2017").first()
