"""What people wrote stands on a page in whatever language and direction they wrote it: no voice reads it in the page's own, and no bracket jumps."""

from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from integration_portal.search import Hit, search
from orgs.models import (
    CapacityMatch,
    Listing,
    Organisation,
    ProposedChange,
    Registration,
    Service,
    Sponsorship,
    VolunteerOpportunity,
)
from partnerships.models import Activity, CoordinationTable
from tests.factories import AffiliationFactory, DomainFactory, MembershipFactory, OrganisationFactory
from tests.world import World

pytestmark = pytest.mark.django_db
VOID = {"br", "hr", "img", "input", "link", "meta", "path", "use", "source", "col", "wbr"}
PLAIN = {"title", "script", "style", "textarea", "option"}
"""Elements whose text has no language of its own beside that of the page."""


class Texts(HTMLParser):
    """Each text of the page with the language and the direction that the elements around it say; "auto" of what says it itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.found: list[tuple[str, str | None, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text: str) -> None:
        if PLAIN & {tag for tag, _ in self.open}:
            return
        languages = [known["lang"] for _, known in self.open if "lang" in known]
        directions = [
            "auto" if tag == "bdi" else known["dir"] for tag, known in self.open if tag == "bdi" or "dir" in known
        ]
        self.found.append((text, (languages or [None])[-1], (directions or [None])[-1]))


def shown(client: Client, address: str) -> list[tuple[str, str | None, str | None]]:
    response = client.get(address)
    assert response.status_code == 200, address
    return Texts(response.content.decode()).found


def write(texts: list[str], text: str) -> str:
    texts.append(text)
    return text


@pytest.fixture
def texts(world: World) -> list[str]:
    """Everything that an association and an authority say of themselves, of others and of what they do, in Arabic."""
    texts: list[str] = []
    things = world.things
    mother = OrganisationFactory(published=True, name=write(texts, "الأم (٢٠)"))
    web = OrganisationFactory(published=True, kind="network", name=write(texts, "شبكة (٢١)"))
    AffiliationFactory(organisation=world.association, parent=web)
    AffiliationFactory(organisation=world.association, parent=mother, kind="branch")
    Organisation.objects.filter(pk=world.association.pk).update(
        name=write(texts, "جمعية (١)"),
        acronym=write(texts, "ج (٢٢)"),
        description=write(texts, "نستقبل (٢) الجميع"),
        legal_form=write(texts, "شكل (٢٣)"),
        address=write(texts, "شارع (٢٤)"),
        address_is_public=True,
    )
    Organisation.objects.filter(pk=world.authority.pk).update(name=write(texts, "بلدية (٢٥)"))
    Organisation.objects.filter(pk=things["counterpart"].organisation_id).update(name=write(texts, "دار (٢٦)"))
    Organisation.objects.filter(pk=things["group"].pk).update(name=write(texts, "مجموعة (٢٧)"))
    Organisation.objects.filter(pk=things["unclaimed"].pk).update(name=write(texts, "قائمة (٢٨)"))
    Listing.objects.filter(organisation=things["unclaimed"]).update(
        source=write(texts, "سجل (٢٩)"), listed_for=world.authority
    )
    Service.objects.filter(pk=things["service"].pk).update(
        title=write(texts, "دروس (٣)"), description=write(texts, "كل يوم (٤)")
    )
    VolunteerOpportunity.objects.filter(pk=things["opportunity"].pk).update(
        title=write(texts, "تطوع (٣٠)"), description=write(texts, "معنا (٣١)"), time=write(texts, "مساء (٣٢)")
    )
    world.association.capacities.update(note=write(texts, "قاعة (٥)"), quantity=write(texts, "مرتين (٣٣)"))
    CapacityMatch.objects.update(words=write(texts, "لكم (٣٤)"))
    Sponsorship.objects.update(gives=write(texts, "غرفة (٣٥)"))
    CoordinationTable.objects.filter(pk=things["table"].pk).update(
        name=write(texts, "طاولة (٣٦)"), mandate=write(texts, "تنسيق (٣٧)")
    )
    world.partnership.title = write(texts, "شراكة (٦)")
    world.partnership.purpose = write(texts, "من أجل (٧)")
    world.partnership.gender_note = write(texts, "النساء (٨)")
    world.partnership.save()
    Activity.objects.filter(pk=things["activity"].pk).update(
        title=write(texts, "لقاء (٩)"), description=write(texts, "تحدثنا (١٠)")
    )
    return texts


def addresses(world: World) -> dict[str, list[str]]:
    """By person, pages on which names and texts of people stand: lists, results, pages with breadcrumbs, facts, queues."""
    own, things = world.association, world.things
    of_its_own = (
        "service_list",
        "opportunity_list",
        "capacity_list",
        "match_list",
        "support",
        "affiliation_list",
        "member_list",
        "service_add",
    )
    words = ("جمعية", "دروس", "تطوع", "شراكة", "طاولة", "قائمة")
    return {
        "anonymous": [
            "/",
            own.get_absolute_url(),
            things["unclaimed"].get_absolute_url(),
            things["service"].get_absolute_url(),
            things["opportunity"].get_absolute_url(),
            things["table"].get_absolute_url(),
            world.partnership.get_absolute_url(),
            "/partnerships/",
            *(
                reverse(f"orgs:{name}")
                for name in ("organisation_list", "service_search", "opportunity_search", "capacity_search")
            ),
            *(f"{reverse('search')}?q={word}" for word in words),
        ],
        "owner": [
            "/",
            own.get_absolute_url(),
            reverse("orgs:my_organisations"),
            *(reverse(f"orgs:{name}", args=[own.slug]) for name in of_its_own),
            reverse("orgs:match_answer", args=[own.slug, things["match"].pk]),
            things["vouching"].get_absolute_url(),
            things["sponsorship"].get_absolute_url(),
            world.partnership.get_absolute_url(),
            world.proposed.get_absolute_url(),
        ],
        "officer": ["/", world.partnership.get_absolute_url(), "/partnerships/"],
        "reviewer": ["/", reverse("orgs:review_queue"), reverse("orgs:join_queue"), reverse("orgs:change_queue")],
        "admin": [reverse("orgs:registry_list"), reverse("organisation_manage", args=[own.slug])],
    }


def test_own_texts_leave_language_and_direction_open(world: World, texts: list[str]) -> None:
    seen = set()
    wrong = []
    for name, pages in addresses(world).items():
        client = Client()
        if world.users[name] is not None:
            client.force_login(world.user(name))
        for address in pages:
            for text, language, direction in shown(client, address):
                for own in texts:
                    if own in text:
                        seen.add(own)
                        if (language, direction) != ("", "auto"):
                            wrong.append(f"{name} {address}: {text.strip()}")
    assert "\n".join(dict.fromkeys(wrong)) == ""
    assert seen == set(texts)


# --- Names in the language of the reader -----------------------------------------------------------------------------------


@pytest.fixture
def named(world: World) -> Organisation:
    """With a name in Spanish; its text is in Urdu."""
    Organisation.objects.filter(pk=world.association.pk).update(
        name="Casa d'Acollida", names={"es": "Casa de Acogida", "ur": "گھر"}, description="سب کے لیے", written_in="ur"
    )
    return Organisation.objects.get(pk=world.association.pk)


def test_title_is_the_name_in_the_readers_language_with_the_registered_one_beside(
    client: Client, world: World, named: Organisation
) -> None:
    pages = [named.get_absolute_url(), reverse("orgs:organisation_list"), f"{reverse('search')}?q=acogida"]
    english = client.get(named.get_absolute_url()).content.decode()
    assert "Casa d&#x27;Acollida" in english[english.index("<h1") : english.index("</h1>")]
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    for address in pages:
        found = {(text.strip(), language) for text, language, _ in shown(client, address)}
        assert ("Casa de Acogida", "es") in found, address
        assert ("Casa d'Acollida", "") in found, address
    page = client.get(named.get_absolute_url()).content.decode()
    assert page.index("Casa de Acogida", page.index("<h1")) < page.index("</h1>")
    service = shown(client, world.things["service"].get_absolute_url())
    assert ("Casa de Acogida", "es", "auto") in service


def test_text_in_another_language_says_so_wherever_it_is_found(
    client: Client, world: World, named: Organisation
) -> None:
    Service.objects.filter(pk=world.things["service"].pk).update(written_in="uk", description="Щодня")
    VolunteerOpportunity.objects.filter(pk=world.things["opportunity"].pk).update(written_in="uk", description="Щодня")
    for address, language, text in (
        (reverse("orgs:organisation_list"), "Urdu", "سب کے لیے"),
        (f"{reverse('search')}?q=acollida", "Urdu", "سب کے لیے"),
        (reverse("orgs:service_search"), "Ukrainian", "Щодня"),
        (reverse("orgs:opportunity_search"), "Ukrainian", "Щодня"),
    ):
        found = shown(client, address)
        assert f"Written in {language}" in {text.strip() for text, *_ in found}, address
        assert (text, {"Urdu": "ur", "Ukrainian": "uk"}[language], "auto") in found, address


def organisations_found(words: str, world: World) -> list[Hit]:
    return [hit for group in search(words, world.user("outsider")) for hit in group.hits if hit.icon == "people"]


def test_hits_of_the_search_say_which_language_their_words_are_in(world: World, named: Organisation) -> None:
    with override("es"):
        (hit,) = organisations_found("acogida", world)
        assert (hit.title, hit.title_language, hit.text_language) == ("Casa de Acogida", "es", "ur")
        assert hit.of == '<bdi lang="">Casa d&#x27;Acollida</bdi>'
    with override("en"):
        (hit,) = organisations_found("acogida", world)
        assert (hit.title, hit.title_language, hit.of) == ("Casa d'Acollida", "", "")


# --- What is typed in a form and comes back to be checked ----------------------------------------------------------------------


def test_answers_of_a_registration_are_marked_as_typed(client: Client, world: World) -> None:
    domain = DomainFactory()
    client.post(reverse("orgs:registration_start"))
    pages = {
        "who": {"name": "جمعية (٤٠)", "acronym": "ج (٤١)", "kind": "association"},
        "where": {
            "territory": world.city.name, "territory_chosen": str(world.city.pk), "domains": [str(domain.pk)],
            "languages_chosen": ["ar"], "description": "نستقبل (٤٢)",
        },
        "contact": {
            "contact_name": "ليلى (٤٣)", "contact_role": "رئيسة (٤٤)", "email": "layla@group.example",
            "email_is_public": "no", "declaration": "on",
        },
    }  # fmt: skip
    for page, typed in pages.items():
        client.post(reverse("orgs:registration_page", args=[page]), typed)
    assert Registration.objects.latest("created_at").is_complete
    found = [one for one in shown(client, reverse("orgs:registration_check")) if "(٤" in one[0]]
    assert len(found) == 5
    assert {(language, direction) for _text, language, direction in found} == {("", "auto")}


def test_proposed_change_marks_what_people_wrote(client: Client, world: World) -> None:
    owner = MembershipFactory(organisation=OrganisationFactory(published=True, name="Far"))
    ProposedChange.objects.create(
        organisation=owner.organisation,
        proposed_by=owner.user,
        facts={"name": ["Far", "منارة (٥٠)"], "names": [{}, {"ur": "مینار (٥١)"}]},
    )
    client.force_login(owner.user)
    found = {
        (text.strip(), language, direction)
        for text, language, direction in shown(client, owner.organisation.get_absolute_url())
    }
    assert {("منارة (٥٠)", "", "auto"), ("مینار (٥١)", "ur", "auto")} <= found
