import pytest

from tests.indicators.land import Land, make_land


@pytest.fixture
def land(db: None) -> Land:
    return make_land()
