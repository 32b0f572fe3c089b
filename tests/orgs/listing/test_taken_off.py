"""What asked not to be listed is not put back: by a form, a partnership or a file, under another place, name, website or address."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orgs.listing import actions as listing
from orgs.listing.taken_off import Identity, TakenOff, web_sign_of
from orgs.models import Listing, Organisation
from tests.factories import AuthorityFactory, MembershipFactory, OrganisationFactory, TerritoryFactory

pytestmark = pytest.mark.django_db
REFUSED = "has asked not to be listed"


@pytest.fixture
def officer(city):
    return MembershipFactory(organisation=AuthorityFactory(territory=city), role="officer").user


@pytest.fixture
def gone(raval, officer):
    organisation = listing.list_organisation(
        name="Sewing circle",
        kind="association",
        territory=raval,
        website="https://www.sewing.example/about",
        email="hello@gmail.com",
        by=officer,
    )
    listing.opt_out(listing=organisation.listing)
    return organisation


def told(place, **facts):
    return {"name": "Quite another", "kind": "association", "territory": place, **facts}


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "SEWING Circle"},
        {"website": "http://sewing.example"},
        {"website": "https://WWW.sewing.example/other/page"},
        {"email": "Hello@Gmail.com"},
    ],
)
@pytest.mark.parametrize("where", ["quarter", "other quarter", "district", "municipality", "region"])
def test_it_is_not_listed_in_any_place_of_its_municipality_or_one_that_holds_it(
    officer, gone, city, old_town, raval, facts, where
):
    region = TerritoryFactory(name="Province")
    city.parent = region
    city.save()
    other = TerritoryFactory(name="Gràcia", kind="neighbourhood", parent=city)
    places = {"quarter": raval, "other quarter": other, "district": old_town, "municipality": city, "region": region}
    with pytest.raises(ValidationError, match=REFUSED):
        listing.list_organisation(**told(places[where], **facts), by=officer)
    assert Organisation.objects.filter(is_listed=True).count() == 0


@pytest.mark.parametrize(
    ("facts", "is_refused"),
    [
        ({"name": "Sewing circle"}, False),
        ({"website": "https://sewing.example"}, False),
        ({"email": "hello@gmail.com"}, True),
        ({"email": "other@gmail.com"}, False),
    ],
)
def test_in_another_municipality_only_the_address_tells(officer, gone, facts, is_refused):
    elsewhere = TerritoryFactory(name="Girona", kind="municipality")
    if is_refused:
        with pytest.raises(ValidationError, match=REFUSED):
            listing.list_organisation(**told(elsewhere, **facts), by=officer)
    else:
        assert listing.list_organisation(**told(elsewhere, **facts), by=officer).is_published


def test_officer_is_told_on_the_form(client, officer, gone, city):
    client.force_login(officer)
    form = {"name": "Sewing Circle", "kind": "association", "territory": "Barcelona", "territory_chosen": str(city.pk)}
    body = client.post(reverse("orgs:listing_add"), {**form, "language": "en"}).content.decode()
    assert REFUSED in body
    assert not Organisation.objects.filter(is_listed=True).exists()


def test_house_that_half_the_world_lives_in_tells_by_the_page(officer, city):
    there = listing.list_organisation(**told(city, name="Choir", website="https://facebook.com/choir"), by=officer)
    listing.opt_out(listing=there.listing)
    listing.list_organisation(**told(city, website="https://facebook.com/Bakers"), by=officer)
    with pytest.raises(ValidationError, match=REFUSED):
        listing.list_organisation(**told(city, website="https://www.facebook.com/Choir/"), by=officer)
    assert web_sign_of("https://facebook.com") == ""


def test_signs_stay_and_nothing_that_could_be_read(gone):
    kept = Listing.objects.get(organisation=gone)
    assert len(kept.signs) == 2
    assert "sewing" not in str(kept.signs)
    assert "hello" not in str(kept.signs)
    assert Organisation.objects.get(pk=gone.pk).website == ""


def test_signs_are_of_what_is_taken_off_alone(officer, city):
    there = listing.list_organisation(**told(city), by=officer)
    with pytest.raises(IntegrityError, match="listing_signs_of_what_is_taken_off"), transaction.atomic():
        Listing.objects.filter(organisation=there).update(signs=["x"])


def test_many_cost_as_much_as_one(officer, gone, city, raval):
    for number in range(3):
        other = OrganisationFactory(name=f"Choir {number}", territory=raval, is_listed=True)
        listing.opt_out(listing=Listing.objects.create(organisation=other, listed_by=officer))
    many = [Identity(f"Choir {number}", city.pk, "https://sewing.example", ("a@b.example",)) for number in range(9)]
    with CaptureQueriesContext(connection) as one:
        assert Identity("Choir 0", city.pk) in TakenOff(many[:1])
    with CaptureQueriesContext(connection) as all_of_them:
        assert Identity("Choir 0", city.pk) in TakenOff(many)
    assert len(one) == len(all_of_them)
