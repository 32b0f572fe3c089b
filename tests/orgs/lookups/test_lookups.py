"""Choosing by typing a name, with and without the script."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from orgs.forms import PortalForm
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import CountryLookup, LanguageLookup, OrganisationLookup, TerritoryLookup
from orgs.models import Territory
from orgs.vocabulary import Sector
from tests.factories import AuthorityFactory, OrganisationFactory, TerritoryFactory

pytestmark = pytest.mark.django_db


class PlaceForm(PortalForm):
    place = LookupField(TerritoryLookup())


class PlacesForm(PortalForm):
    places = LookupField(TerritoryLookup(), several=True, required=False, limit=3)


class LanguagesForm(PortalForm):
    languages = LookupField(LanguageLookup(), several=True)
    country = LookupField(CountryLookup(), required=False)


class PartnerForm(PortalForm):
    partner = LookupField(OrganisationLookup(sectors=[Sector.CIVIL_SOCIETY]), required=False)


@pytest.fixture
def namesakes(city):
    district = TerritoryFactory(name="Sant Andreu", kind=Territory.Kind.DISTRICT, parent=city)
    return district, TerritoryFactory(name="Sant Andreu", kind=Territory.Kind.NEIGHBOURHOOD, parent=district)


@pytest.mark.parametrize(
    "typed", ["el Raval", "EL RAVAL", "B01", " el  raval ", "el Raval (neighbourhood, Ciutat Vella, Barcelona)"]
)
def test_name_code_or_label_is_enough(raval, typed):
    form = PlaceForm({"place": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["place"] == raval


def test_name_in_another_language_is_enough(city):
    spain = TerritoryFactory(name="España", names={"en": "Spain", "ar": "إسبانيا"}, kind=Territory.Kind.COUNTRY)
    for typed in ("Spain", "espana", "إسبانيا"):
        form = PlaceForm({"place": typed})
        assert form.is_valid(), form.errors
        assert form.cleaned_data["place"] == spain


@pytest.mark.parametrize("language", ["en", "es", "fr", "ar"])
def test_label_that_a_reader_of_any_language_sees_is_enough(namesakes, language):
    """It stands in the addresses of lists that they hand on."""
    spain = TerritoryFactory(name="España", names={"en": "Spain", "ar": "إسبانيا"}, kind=Territory.Kind.COUNTRY)
    past = TerritoryFactory(name="Sant Andreu", parent=namesakes[0].parent, valid_to=datetime.date(2019, 12, 31))
    for place in (spain, *namesakes, past):
        with translation.override(language):
            typed = place.label
        form = PlaceForm({"place": typed})
        assert form.is_valid(), (typed, form.errors)
        assert form.cleaned_data["place"] == place


def test_key_beside_a_name_tells_which_of_any_number_of_namesakes(city):
    places = [
        TerritoryFactory(name="San Juan", parent=city, kind=Territory.Kind.NEIGHBOURHOOD) for _number in range(15)
    ]
    for place in places:
        form = PlaceForm({"place": "San Juan", "place_chosen": str(place.pk)})
        assert form.is_valid(), form.errors
        assert form.cleaned_data["place"] == place


def test_place_that_a_key_told_stays_the_same_when_the_form_is_sent_again(namesakes):
    form = PlaceForm({"place": "Sant Andreu", "place_chosen": str(namesakes[1].pk)})
    assert form.is_valid()
    assert f'value="{namesakes[1].label}"' in str(form["place"])


def test_part_of_a_name_is_asked_back_even_when_it_fits_one(raval):
    form = PlaceForm({"place": "rav"})
    assert not form.is_valid()
    html = str(form["place"])
    assert f'name="place_chosen" value="{raval.pk}"' in " ".join(html.split())
    assert 'value="rav"' in html, "what was typed stays"
    assert PlaceForm({"place": "rav", "place_chosen": str(raval.pk)}).is_valid()


def test_namesakes_are_asked_back_and_the_answer_counts(namesakes):
    form = PlaceForm({"place": "sant andreu"})
    assert "Choose below what you meant by “sant andreu”." in str(form.errors)
    for place in namesakes:
        answered = PlaceForm({"place": "sant andreu", "place_chosen": str(place.pk)})
        assert answered.is_valid()
        assert answered.cleaned_data["place"] == place


def test_answer_to_another_question_does_not_count(namesakes, raval):
    """Somebody went back and typed another name: the radio button of before is not what they mean."""
    assert not PlaceForm({"place": "sant andreu", "place_chosen": str(raval.pk)}).is_valid()
    form = PlaceForm({"place": "el Raval", "place_chosen": str(namesakes[0].pk)})
    assert form.is_valid()
    assert form.cleaned_data["place"] == raval


@pytest.mark.parametrize("chosen", ["x", "-1", "9" * 40, "999999"])
def test_nonsense_is_an_error_and_no_fault(namesakes, chosen):
    assert not PlaceForm({"place": "sant andreu", "place_chosen": chosen}).is_valid()
    assert "not in the list" in str(PlaceForm({"place": "%_'\"" + "z" * 9000}).errors)


def test_required(city):
    assert "required" in str(PlaceForm({"place": " "}).errors)
    assert PlacesForm({}).is_valid()


def test_place_not_stated_is_no_place(city):
    TerritoryFactory(name="Not stated", kind=Territory.Kind.UNALLOCATED)
    assert not PlaceForm({"place": "Not stated"}).is_valid()


def test_initial_object_key_and_text_show_the_label(raval):
    label = "el Raval (neighbourhood, Ciutat Vella, Barcelona)"
    for initial in (raval, raval.pk, str(raval.pk)):
        assert f'value="{label}"' in str(PlaceForm(initial={"place": initial})["place"])
        assert not PlaceForm({"place": label}, initial={"place": initial}).has_changed()
    assert PlaceForm({"place": "Barcelona"}, initial={"place": raval}).has_changed()


def test_several_keep_those_that_are_ticked(city, old_town, raval):
    form = PlacesForm({"places": ["el Raval", ""], "places_chosen": [str(city.pk)]})
    assert form.is_valid(), form.errors
    assert set(form.cleaned_data["places"]) == {city, raval}
    html = str(PlacesForm(initial={"places": [city, old_town]})["places"])
    assert html.count("checked") == 2
    assert html.count('<input type="text"') + html.count('type="text"') >= 2


def test_several_ask_back_for_each(namesakes, raval):
    form = PlacesForm({"places": ["Sant Andreu", "el Raval"]})
    assert not form.is_valid()
    assert str(form["places"]).count('name="places_chosen"') == 2
    both = PlacesForm({"places": ["Sant Andreu", "el Raval"], "places_chosen": [str(place.pk) for place in namesakes]})
    assert both.is_valid()
    assert set(both.cleaned_data["places"]) == {*namesakes, raval}


def test_several_have_a_limit(city, old_town, raval, namesakes):
    chosen = [str(place.pk) for place in (city, old_town, raval, namesakes[0])]
    assert "at most 3" in str(PlacesForm({"places_chosen": chosen}).errors)


@pytest.mark.parametrize(
    ("typed", "code"), [("arabic", "ar"), ("العربية", "ar"), ("Tarifit", "rif"), ("riffian", "rif"), ("wo", "wo")]
)
def test_languages_by_own_name_english_name_and_code(typed, code):
    form = LanguagesForm({"languages": [typed], "languages_chosen": ["ca", "nonsense"]})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["languages"] == ["ca", code]


def test_languages_and_countries_in_the_readers_language():
    with translation.override("es"):
        form = LanguagesForm({"languages": ["catalán"], "country": "Marruecos"})
        assert form.is_valid(), form.errors
        assert (form.cleaned_data["languages"], form.cleaned_data["country"]) == (["ca"], "MA")


def test_organisation_by_name_acronym_or_reference_and_only_published():
    there = OrganisationFactory(name="Dones del Món", acronym="DM", published=True)
    hidden = OrganisationFactory(name="Dones amagades")
    hall = AuthorityFactory(name="Town hall")
    for typed in ("dones del mon", "dm", there.reference):
        form = PartnerForm({"partner": typed})
        assert form.is_valid(), form.errors
        assert form.cleaned_data["partner"] == there
    for absent in (hidden.name, hidden.reference, hall.name):
        assert not PartnerForm({"partner": absent}).is_valid()
    form = PartnerForm({"partner": hall.name})
    form.fields["partner"].lookup = OrganisationLookup()
    assert form.is_valid(), "a view may open the choice"


def results(client, name, **query):
    return [found["label"] for found in client.get(reverse(f"orgs:lookup_{name}"), query).json()["results"]]


def test_suggestions_for_anybody(client, raval):
    OrganisationFactory(name="Raval hidden", territory=raval)
    OrganisationFactory(name="Raval open", territory=raval, published=True)
    AuthorityFactory(name="Raval hall", territory=raval)
    assert results(client, "territories", q="rav") == ["el Raval (neighbourhood, Ciutat Vella, Barcelona)"]
    assert results(client, "organisations", q="raval") == ["Raval hall (el Raval)", "Raval open (el Raval)"]
    assert results(client, "organisations", q="raval", sector="authority") == ["Raval hall (el Raval)"]
    assert results(client, "organisations", q="r") == []
    assert results(client, "territories", q="%_'" + "z" * 5000) == []
    assert client.post(reverse("orgs:lookup_territories")).status_code == 405


def test_suggestions_are_few_and_cost_the_same_for_many(client, city):
    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(results(client, "territories", q="quarter")) <= 12
        return len(queries)

    TerritoryFactory(name="Quarter 0", parent=city)
    one = cost()
    for number in range(30):
        TerritoryFactory(name=f"Quarter {number}", parent=city)
    assert cost() <= one
