import pytest

from orgs.models import Membership, Organisation, User
from tests.factories import AuthorityFactory, MembershipFactory
from tests.indicators.asking import Asking
from tests.indicators.land import Land, make_land


@pytest.fixture
def land(db: None) -> Land:
    return make_land()


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
