"""A city with three quarters in a row, and another town: where they lie, and what is offered there."""

from typing import Any

from orgs.models import Organisation, Service, Territory, TerritoryOutline
from tests.factories import OrganisationFactory, ServiceFactory, TerritoryFactory

# By quarter how far east of Mill it lies: 1.7, 5 and 17 kilometres.
QUARTERS = {"Mill": 2.0, "Port": 2.02, "Hill": 2.06}
OTHER_TOWN = 2.2


def outline(place: Territory, east: float, north: float = 41.0) -> None:
    """A square of a kilometre around the point."""
    ring = [
        [east + x, north + y]
        for x, y in ((-0.005, -0.005), (0.005, -0.005), (0.005, 0.005), (-0.005, 0.005), (-0.005, -0.005))
    ]
    TerritoryOutline.objects.create(territory=place, geometry={"type": "Polygon", "coordinates": [ring]})


def make_city() -> dict[str, Territory]:
    region = TerritoryFactory(name="Region", kind=Territory.Kind.REGION)
    city = TerritoryFactory(name="City", kind=Territory.Kind.MUNICIPALITY, parent=region)
    town = TerritoryFactory(name="Town", kind=Territory.Kind.MUNICIPALITY, parent=region)
    places: dict[str, Territory] = {"Region": region, "City": city, "Town": town}
    outline(city, 2.03)
    outline(town, OTHER_TOWN)
    for name, east in QUARTERS.items():
        places[name] = TerritoryFactory(name=name, kind=Territory.Kind.NEIGHBOURHOOD, parent=city)
        outline(places[name], east)
    return places


def offer(place: Territory, title: str, *works_in: Territory, **facts: Any) -> Service:
    """A service of an organisation of its own that is based in the place."""
    house: Organisation = OrganisationFactory(published=True, territory=place, name=f"House of {title}")
    house.works_in.set(works_in)
    limits = facts.pop("territories", [])
    service: Service = ServiceFactory(organisation=house, title=title, **facts)
    service.territories.set(limits)
    return service
