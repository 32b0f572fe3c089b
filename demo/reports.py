"""The sample request of the demo: the city council asks organisations what they record of hate and discrimination."""

import datetime
from decimal import Decimal

from django.utils import timezone

from demo.accounts import People
from demo.registry import Organisations, Places
from indicators.models import Indicator, Period, Report, ReportRequest, Source
from indicators.quality import actions as quality
from indicators.reports import actions as reports
from indicators.reports.cells import Typed

TITLE = "Victims who reported a hate incident, 2025 (sample)"
NOTE = (
    "Sample request. Of the people who told you of an incident in 2025, how many had reported it? Your figures are added to those of the "
    "other organisations that we ask."
)
INDICATOR = "D3.4"
# What each answers: victims who reported the incident, and victims who came to it.
ANSWERS = {"observatori-del-litoral": (9, 31), "drets-a-la-ma": (15, 44), "dones-del-llindar": (5, 17)}


def load(people: People, organisations: Organisations) -> None:
    """One report in each state: approved, sent, returned, and begun by nobody."""
    if ReportRequest.objects.filter(title=TITLE).exists():
        return
    request = reports.ask_for_reports(
        authority=organisations["city-council"],
        organisations=[organisations[slug] for slug in [*ANSWERS, "barri-i-mon"]],
        title=TITLE,
        note=NOTE,
        territory=Places().territory({"scheme": "barcelona", "code": "080193"}),
        indicators=[Indicator.objects.get(code=INDICATOR)],
        periods=[Period.objects.get(code="2025")],
        due_on=timezone.localdate() + datetime.timedelta(days=14),
        by=people.steward,
    )
    approved, _sent, returned = (
        answer(request, organisations, slug, reported, victims) for slug, (reported, victims) in ANSWERS.items()
    )
    batch = approved.batch
    assert batch is not None  # It was sent.
    quality.accept_findings(batch=batch, reason="Sample figures", by=people.manager)
    reports.approve_report(report=approved, note="Thank you.", by=people.steward)
    Source.objects.filter(imports=batch).update(is_sample=True)
    reports.return_report(
        report=returned,
        note="Please count the people of 2025 alone: the figure looks as if it held those of 2024 too.",
        by=people.steward,
    )


def answer(request: ReportRequest, organisations: Organisations, slug: str, reported: int, victims: int) -> Report:
    report = request.reports.get(organisation=organisations[slug])
    typed = Typed(Decimal(reported), Decimal(victims))
    answers = {cell.key: typed for cell in reports.cells_of_request(request)}
    report = reports.save_report(report=report, answers=answers, version=report.version, by=None)
    return reports.submit_report(report=report, by=None)
