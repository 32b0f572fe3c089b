"""To look at a table to type writes nothing: a category is used from the first figure of it on."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators.catalogue.breakdowns import ensure_breakdowns
from indicators.dimensions.actions import delete_category
from indicators.models import Breakdown, Category, Dimension, Indicator, Observation, ReportAnswer, ReportRequest
from indicators.reports import actions as reports
from indicators.reports.cells import Typed
from orgs.models import User
from tests.factories import UserFactory
from tests.indicators.desk import Desk
from tests.indicators.land import Land

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(land: Land) -> Desk:
    return Desk(land)


@pytest.fixture
def colours(desk: Desk) -> Dimension:
    dimension = Dimension.objects.create(code="colour", name="Colour", order=90)
    for order, code in enumerate(("RED", "BLUE")):
        Category.objects.create(dimension=dimension, code=code, name=code.title(), order=order)
    for indicator in Indicator.objects.all():
        indicator.breakdowns.add(dimension)
    return dimension


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def used() -> set[str]:
    return set(Breakdown.objects.filter(key__contains="colour").values_list("key", flat=True))


def address_of(desk: Desk, dimension: Dimension) -> str:
    query = f"authority={desk.authority.pk}&indicator=PEOPLE&territory=D1&period=2017&dimension={dimension.pk}"
    return f"{reverse('indicators:entry')}?{query}"


def test_table_that_somebody_looked_at_leaves_its_categories_unused(desk: Desk, colours: Dimension) -> None:
    client = enter(desk.steward)
    context = client.get(address_of(desk, colours)).context
    assert {cell.group for cell in context["form"].cells} == {"", "Blue", "Red"}
    assert used() == set()
    delete_category(category=Category.objects.get(code="RED"), by=UserFactory(is_staff=True))


def test_category_is_used_from_its_first_figure_on(desk: Desk, colours: Dimension) -> None:
    client, address = enter(desk.steward), address_of(desk, colours)
    context = client.get(address).context
    red = next(cell for cell in context["form"].cells if cell.group == "Red")
    refused = client.post(address, {f"n-{red.name}": "many", "seen": context["seen"]})
    assert refused.context["form"].errors
    assert used() == set()
    client.post(address, {f"n-{red.name}": "5", "seen": context["seen"]})
    assert used() == {"colour=RED"}
    row = Observation.objects.get()
    assert (row.breakdown.key, row.numerator) == ("colour=RED", 5)


def test_second_of_two_who_use_a_new_category_is_told(desk: Desk, colours: Dimension) -> None:
    """Her table was shown before the category had a row of its own."""
    client, address = enter(desk.steward), address_of(desk, colours)
    context = client.get(address).context
    red = next(cell for cell in context["form"].cells if cell.group == "Red")
    for figure in ("5", "6"):
        answer = client.post(address, {f"n-{red.name}": figure, "seen": context["seen"]})
    assert "Somebody else changed these figures" in answer.content.decode()
    assert Observation.objects.get().numerator == 5


def test_report_keeps_what_was_typed_of_a_category_that_somebody_else_used_meanwhile(
    desk: Desk, colours: Dimension
) -> None:
    report = desk.ask()
    ReportRequest.objects.update(dimension=colours)
    report.refresh_from_db()
    shown = reports.cells_of_request(report.request)
    assert used() == set()
    red = next(cell for cell in shown if cell.group == "Red")
    for number in (4, 5):
        report.refresh_from_db()
        said = {red.key: Typed(Decimal(number))}
        reports.save_report(report=report, answers=said, version=report.version, by=None)
        answer = ReportAnswer.objects.get()
        assert (answer.breakdown.key, answer.number) == ("colour=RED", number)
    assert used() == {"colour=RED"}


def test_table_costs_the_same_before_and_after_its_categories_are_used(desk: Desk, colours: Dimension) -> None:
    client, address = enter(desk.steward), address_of(desk, colours)

    def queries() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    before = queries()
    ensure_breakdowns(["colour=RED", "colour=BLUE"])
    assert queries() == before
