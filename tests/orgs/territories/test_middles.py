"""Where a place lies: the middle of its boundary, which the database keeps, and how far middles are apart."""

from math import asin, cos, radians, sin, sqrt

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db.models import FloatField, Value

from orgs.models import Territory, TerritoryOutline
from orgs.models.territory import Kilometres
from tests.factories import TerritoryFactory

pytestmark = pytest.mark.django_db
SQUARE = [[2.0, 41.0], [2.2, 41.0], [2.2, 41.4], [2.0, 41.4], [2.0, 41.0]]
FAR_SQUARE = [[3.0, 41.0], [3.1, 41.0], [3.1, 41.2], [3.0, 41.2], [3.0, 41.0]]
"""A quarter of the other one's area."""


def middle_of(geometry):
    place = TerritoryFactory()
    TerritoryOutline.objects.create(territory=place, geometry=geometry)
    return TerritoryOutline.objects.values_list("middle", flat=True).get(territory=place)


@pytest.mark.parametrize(
    ("geometry", "middle"),
    [
        ({"type": "Polygon", "coordinates": [SQUARE]}, [2.1, 41.2]),
        ({"type": "Polygon", "coordinates": [SQUARE[::-1]]}, [2.1, 41.2]),
        # More corners on one side do not draw it there.
        ({"type": "Polygon", "coordinates": [[[2.0, 41.0], [2.05, 41.0], [2.1, 41.0], *SQUARE[1:]]]}, [2.1, 41.2]),
        ({"type": "Polygon", "coordinates": [[[2.0, 41.0], [2.3, 41.0], [2.3, 41.6], [2.0, 41.0]]]}, [2.2, 41.2]),
        # Each part weighs as much as it is large, whichever way round it was drawn.
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], [FAR_SQUARE]]}, [2.29, 41.18]),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], [FAR_SQUARE[::-1]]]}, [2.29, 41.18]),
    ],
)
def test_middle_is_the_centre_of_gravity(geometry, middle):
    assert middle_of(geometry) == pytest.approx(middle, abs=1e-6)


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[2.0, 41.0], [2.0, 41.0], [2.0, 41.0], [2.0, 41.0]]]},
        {"type": "Point", "coordinates": [2.0, 41.0]},
        {},
    ],
)
def test_what_encloses_nothing_has_no_middle(geometry):
    assert middle_of(geometry) is None


def test_middle_follows_the_boundary():
    place = TerritoryFactory()
    TerritoryOutline.objects.create(territory=place, geometry={"type": "Polygon", "coordinates": [SQUARE]})
    TerritoryOutline.objects.update(geometry={"type": "Polygon", "coordinates": [FAR_SQUARE]})
    assert TerritoryOutline.objects.get().middle == pytest.approx([3.05, 41.1], abs=1e-6)


@pytest.mark.parametrize("other", [[2.1734, 41.3951], [2.8214, 41.9794], [1.2445, 41.1189], [2.1586, 41.3874]])
def test_distances_are_those_on_the_globe(other):
    """From Barcelona to a quarter of its own, to Girona, to Tarragona, and to itself."""
    here = [2.1586, 41.3874]
    one, two = (Value(middle, output_field=ArrayField(FloatField())) for middle in (here, other))
    TerritoryFactory()
    kilometres = Territory.objects.annotate(kilometres=Kilometres(one, two)).values_list("kilometres", flat=True)[0]
    assert kilometres == pytest.approx(haversine(here, other), rel=0.005, abs=1e-6)


def haversine(one, other):
    (east, north), (other_east, other_north) = (tuple(map(radians, point)) for point in (one, other))
    half = sin((other_north - north) / 2) ** 2 + cos(north) * cos(other_north) * sin((other_east - east) / 2) ** 2
    return 2 * 6371 * asin(sqrt(half))
