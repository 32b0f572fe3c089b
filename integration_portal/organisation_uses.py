"""Where an organisation is used in the apps: what an administrator should know before closing or merging it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.models import ImportBatch, Indicator, Report, ReportRequest
from orgs.models import Organisation, Verification
from orgs.oversight import merging
from partnerships.models import Partnership, PartnershipParty, Seat
from partnerships.vocabulary import PartnershipState

OPEN_IMPORTS = [
    state
    for state in ImportBatch.State
    if state not in (ImportBatch.State.APPROVED, ImportBatch.State.UNDONE, ImportBatch.State.REFUSED)
]


FOLLOW = [
    *merging.FOLLOW,
    "indicators.Report.organisation",
    "partnerships.PartnershipParty.organisation",
    "partnerships.Contribution.giver",
    "partnerships.Contribution.receiver",
    "partnerships.Seat.organisation",
]
"""What goes over to another organisation with which one is merged."""


@dataclass(frozen=True)
class Use:
    """A sentence with its number, and where it can be looked at."""

    text: str
    url: str = ""


def uses_of(organisation: Organisation, *, drafts: bool = True) -> list[Use]:
    """Those that there are. As many queries, however much it is used. Of `drafts` of others its own people are told nothing."""
    running = PartnershipParty.objects.filter(
        organisation=organisation, partnership__state__in=[PartnershipState.ACTIVE, PartnershipState.DISPUTED]
    ).count()
    proposed = Partnership.objects.filter(
        parties__organisation=organisation,
        state__in=[PartnershipState.PROPOSED, *([PartnershipState.DRAFT] if drafts else [])],
    ).count()
    seats = Seat.objects.filter(organisation=organisation).count()
    tables = organisation.tables_convened.count()
    owed = Report.objects.unanswered().filter(organisation=organisation).count()
    asked = ReportRequest.objects.filter(authority=organisation, withdrawn_at=None).count()
    indicators = Indicator.objects.active().filter(owner=organisation).count()
    imports = organisation.imports.filter(state__in=OPEN_IMPORTS).count()
    to_review = Verification.objects.waiting().filter(organisation=organisation).count()
    tables_url, reports_url = reverse("partnerships:table_list"), reverse("indicators:report_list")
    sentences = [
        (
            running,
            ngettext(
                "It is party to %(n)s running partnership.",
                "It is party to %(n)s running partnerships.",
                running,
            ),
            reverse("partnerships:organisation_partnerships", args=[organisation.slug]),
        ),
        (
            proposed,
            ngettext(
                "%(n)s partnership with it is being prepared.",
                "%(n)s partnerships with it are being prepared.",
                proposed,
            ),
            "",
        ),
        (
            seats,
            ngettext("It has a seat at %(n)s coordination table.", "It has seats at %(n)s coordination tables.", seats),
            tables_url,
        ),
        (
            tables,
            ngettext("It convenes %(n)s coordination table.", "It convenes %(n)s coordination tables.", tables),
            tables_url,
        ),
        (
            owed,
            ngettext(
                "It still has to answer %(n)s request for figures.",
                "It still has to answer %(n)s requests for figures.",
                owed,
            ),
            reports_url,
        ),
        (
            asked,
            ngettext("It has made %(n)s request for figures.", "It has made %(n)s requests for figures.", asked),
            reports_url,
        ),
        (
            indicators,
            ngettext("It owns %(n)s indicator.", "It owns %(n)s indicators.", indicators),
            reverse("indicators:indicator_list"),
        ),
        (
            imports,
            ngettext(
                "%(n)s import of its figures is not finished.",
                "%(n)s imports of its figures are not finished.",
                imports,
            ),
            reverse("indicators:import_list"),
        ),
        (to_review, _("It is with the reviewers."), reverse("orgs:review_queue")),
    ]
    return [Use(text % {"n": number}, url) for number, text, url in sentences if number]
