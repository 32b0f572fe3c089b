"""An authority whose place was renamed or moved keeps the figures of what that became, and those of what it was."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from indicators.models import Observation, ReportRequest
from indicators.permissions import can_see_confidential_figures, territories_kept_by
from orgs.models import Organisation, Territory, User
from orgs.territories import actions
from tests.factories import TerritoryFactory, UserFactory
from tests.indicators.asking import Asking, association, number
from tests.indicators.land import Land

pytestmark = pytest.mark.django_db


@pytest.fixture
def renamed(land: Land, authority: Organisation) -> Territory:
    """The city of today."""
    admin = UserFactory(is_staff=True)
    day = datetime.date(2016, 1, 1)
    new = actions.rename_place(place=land.territories["CITY"], name="Newton", names={}, by=admin, on=day).place
    authority.territory.refresh_from_db()
    return new


def test_figures_are_asked_for_typed_and_approved_in_what_the_place_became(
    asking: Asking, renamed: Territory, steward: User
) -> None:
    report = asking.ask(association("First"), territory=renamed).reports.get()
    asking.send(report, number(12))
    report.refresh_from_db()
    assert report.state == "submitted"
    asking.approve(report)
    approved = Observation.objects.approved().filter(batch=report.batch)
    assert [one.territory for one in approved] == [renamed]


def test_steward_keeps_what_it_was_and_what_it_is(land: Land, renamed: Territory, steward: User) -> None:
    old = land.territories["CITY"]
    kept = set(territories_kept_by(steward))
    assert {old, renamed, land.territories["N1"], *Territory.objects.filter(parent=renamed)} <= kept
    assert TerritoryFactory() not in kept
    assert can_see_confidential_figures(steward, renamed)
    assert not can_see_confidential_figures(steward, TerritoryFactory())


def test_place_of_others_is_refused_by_the_form_and_by_the_database(
    asking: Asking, renamed: Territory, authority: Organisation
) -> None:
    elsewhere = TerritoryFactory()
    with pytest.raises(ValidationError, match="one of its parts"):
        asking.ask(association("First"), territory=elsewhere)
    asking.ask(association("Second"), territory=renamed)
    with pytest.raises(IntegrityError, match="own territory"), transaction.atomic():
        ReportRequest.objects.update(territory=elsewhere)
