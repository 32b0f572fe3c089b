import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from orgs.models import Membership, Organisation, User
from tests.factories import AuthorityFactory, MembershipFactory
from tests.indicators.asking import Asking
from tests.indicators.land import Land, make_land
from tests.settled import settle


@pytest.fixture(scope="module")
def module_land(django_db_setup: None, django_db_blocker: Any) -> Iterator[Land]:
    """Built once for the tests of a module, and gone after them. Modules with tests that commit have a `land` of their own."""
    with django_db_blocker.unblock(), transaction.atomic():
        land = make_land()
        settle()
        yield land
        transaction.set_rollback(True)


@pytest.fixture
def land(module_land: Land, db: None) -> Land:
    """A test's own copy of it: what it changes, here and in the database, is undone after it."""
    return copy.deepcopy(module_land)


@pytest.fixture
def lasting_land(transactional_db: None) -> Land:
    """Which threads and processes beside the test see too."""
    return make_land()


@pytest.fixture
def authority(land: Land) -> Organisation:
    return AuthorityFactory(name="City council", territory=land.territories["CITY"])


@pytest.fixture
def steward(authority: Organisation) -> User:
    return MembershipFactory(organisation=authority, role=Membership.Role.STEWARD).user


@pytest.fixture
def asking(land: Land, authority: Organisation, steward: User) -> Asking:
    return Asking(land, authority, steward)
