"""A city council with its steward, and an association whom it asks for figures."""

import datetime
from decimal import Decimal

from django.utils import timezone

from indicators.models import Period, Report, ReportRequest
from indicators.reports import actions as reports
from indicators.reports.cells import Typed
from orgs.models import Membership, Organisation, User
from tests.factories import AuthorityFactory, MembershipFactory, OrganisationFactory
from tests.indicators.land import Land


class Desk:
    """A city council with its steward, an association with its owner, and a request between them."""

    def __init__(self, land: Land) -> None:
        self.land = land
        self.city = land.territories["CITY"]
        self.authority: Organisation = AuthorityFactory(name="City council", territory=self.city)
        self.association: Organisation = OrganisationFactory(published=True, name="Association", territory=self.city)
        self.steward: User = MembershipFactory(organisation=self.authority, role=Membership.Role.STEWARD).user
        self.owner: User = MembershipFactory(organisation=self.association, role=Membership.Role.OWNER).user

    def ask(self, title: str = "Incidents", days: int = 5, indicator: str = "PEOPLE") -> Report:
        request = reports.ask_for_reports(
            authority=self.authority,
            organisations=[self.association],
            title=title,
            territory=self.city,
            indicators=[self.land.indicators[indicator]],
            periods=[Period.objects.get(code="2017")],
            due_on=timezone.localdate(),
            by=self.steward,
        )
        ReportRequest.objects.filter(pk=request.pk).update(due_on=timezone.localdate() + datetime.timedelta(days=days))
        return request.reports.get()

    def sent(self, amount: int = 12) -> Report:
        report = self.ask()
        answers = {cell.key: Typed(Decimal(amount)) for cell in reports.cells_of_request(report.request)}
        report = reports.save_report(report=report, answers=answers, version=report.version, by=self.owner)
        return reports.submit_report(report=report, by=self.owner)
