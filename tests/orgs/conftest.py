import pytest
from django.core.cache import cache

from orgs.models import Territory
from tests.factories import DomainFactory, TerritoryFactory


@pytest.fixture
def city(db):
    return TerritoryFactory(name="Barcelona", code="080193", kind=Territory.Kind.MUNICIPALITY)


@pytest.fixture
def old_town(city):
    return TerritoryFactory(name="Ciutat Vella", code="D01", kind=Territory.Kind.DISTRICT, parent=city)


@pytest.fixture
def raval(old_town):
    return TerritoryFactory(name="el Raval", code="B01", kind=Territory.Kind.NEIGHBOURHOOD, parent=old_town)


@pytest.fixture
def domain(db):
    return DomainFactory(name="Language", slug="language")


@pytest.fixture(autouse=True)
def no_limits_left_over(request):
    """Rates are counted in the shared cache."""
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        cache.clear()
