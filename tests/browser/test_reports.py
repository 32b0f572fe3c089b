"""Reports, typed figures and findings, as a volunteer sees them on a phone and a steward on a desk."""

import os
from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from indicators.imports import actions as imports
from indicators.reports import actions as reports
from indicators.reports.cells import Typed
from tests.browser.looking import Looker, open_context
from tests.indicators.desk import Desk
from tests.indicators.land import make_land, table

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("PICTURES", "")


@pytest.mark.parametrize(("width", "colours", "language"), [(1280, "light", "en"), (360, "dark", "ar")])
def test_pages_fit_and_are_accessible(browser: Browser, base_url: str, width: int, colours: str, language: str) -> None:
    desk = Desk(make_land())
    desk.land.observe("CITY", "2016", 1100)
    owed = desk.ask("Incidents that people told you of")
    sent = desk.sent(9000)
    batch = imports.store_import(batch=desk.land.check(table(("N1", 2017, "women", 50), ("N1", 2017, "all", 40))))
    type(batch).objects.filter(pk=batch.pk).update(authority=desk.authority)
    returned = desk.ask("Sent back", indicator="RATE")
    answers = {cell.key: Typed(Decimal(3), Decimal(9)) for cell in reports.cells_of_request(returned.request)}
    reports.save_report(report=returned, answers=answers, version=returned.version, by=desk.owner)
    reports.submit_report(report=returned, by=desk.owner)
    reports.return_report(report=returned, note="Please without those of 2016", by=desk.steward)
    entry = f"{reverse('indicators:entry')}?authority={desk.authority.pk}&indicator=PEOPLE&territory=D1&period=2017&with_parts=on"
    pages = [
        (desk.owner, "answer", reverse("indicators:report_answer", args=[returned.pk])),
        (desk.owner, "owed", owed.get_absolute_url()),
        (desk.owner, "upload", reverse("indicators:report_upload", args=[owed.pk])),
        (desk.steward, "list", reverse("indicators:report_list")),
        (desk.steward, "ask", reverse("indicators:request_add")),
        (desk.steward, "review", sent.get_absolute_url()),
        (desk.steward, "findings", batch.get_absolute_url()),
        (desk.steward, "choose", reverse("indicators:entry")),
        (desk.steward, "entry", entry),
    ]
    lookers = {
        user.pk: Looker(
            open_context(browser, base_url, user=user, language=language, colours=colours, width=width), user.name
        )
        for user in (desk.owner, desk.steward)
    }
    for user, name, address in pages:
        looker = lookers[user.pk]
        assert looker.goes_to(address), name
        if PICTURES:
            looker.page.screenshot(path=f"{PICTURES}/{name}-{width}-{language}.png", full_page=True)
        looker.looks()
    assert [fault for looker in lookers.values() for fault in looker.faults] == []
