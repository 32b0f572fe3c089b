"""Reports, typed figures and findings, as a volunteer sees them on a phone and a steward on a desk."""

import os
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser

from indicators.imports import actions as imports
from indicators.reports import actions as reports
from indicators.reports.cells import Typed
from tests.indicators.desk import Desk
from tests.indicators.land import make_land, table

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("PICTURES", "")


@pytest.mark.parametrize(
    ("width", "colours", "language"), [(1280, "light", "en"), (360, "dark", "ar"), (360, "light", "en")]
)
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
    context = browser.new_context(base_url=base_url, viewport={"width": width, "height": 900}, color_scheme=colours)  # type: ignore[arg-type]
    faults = []
    for user, name, address in pages:
        client = Client()
        client.force_login(user)
        context.clear_cookies()
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [
                {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base_url},
                {"name": "django_language", "value": language, "url": base_url},
            ]
        )
        page = context.new_page()
        page.goto(address)
        page.wait_for_load_state("networkidle")
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}-{language}.png", full_page=True)
        if not page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
            faults.append(f"{name} is wider than the screen")
        broken = Axe().run(page).response["violations"]
        faults += [f"{name}: {fault['id']} {fault['nodes'][0]['html']}" for fault in broken]
        page.close()
    context.close()
    assert faults == []
