"""Scales, practices and coordination tables."""

import json

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone, translation

from orgs.vocabulary import Kind, LevelOfGovernment
from partnerships.engagement.loading import PRACTICES_FILE, SCALE_FILE, load_practices, load_scale
from partnerships.models import CoordinationTable, Criterion, Level, Practice, Scale
from partnerships.practices.actions import add_practice, delete_practice, link_practice, update_practice
from partnerships.scales.actions import begin_version, put_to_use
from partnerships.tables.actions import found_table, give_seat, hold_meeting
from partnerships.tables.composition import composition_of
from tests.factories import AuthorityFactory, DomainFactory, OrganisationFactory
from tests.factories_partnerships import AssessmentFactory, CoordinationTableFactory, PracticeFactory


def revised(tmp_path, change):
    data = json.loads(SCALE_FILE.read_text(encoding="utf-8"))
    change(data)
    path = tmp_path / "scale.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


# Scales


def test_scale_of_the_paper(scale):
    assert scale.is_current
    assert [level.code for level in scale.levels.all()] == ["inform", "consult", "involve", "collaborate", "empower"]
    codes = Criterion.objects.filter(level__scale=scale).values_list("code", flat=True)
    assert list(codes) == ["I1", "I2", "C1", "C2", "V1", "V2", "L1", "L2", "E1", "E2"]
    with translation.override("es"):
        assert [str(level) for level in scale.levels.all()] == [
            "Informar",
            "Consultar",
            "Involucrar",
            "Colaborar",
            "Empoderar",
        ]


def test_scale_loaded_twice_is_one(scale):
    before = list(Level.objects.values_list("pk", flat=True))
    assert load_scale() == scale
    assert list(Level.objects.values_list("pk", flat=True)) == before
    assert Criterion.objects.count() == 10


def test_words_of_a_used_scale_can_be_mended(scale, tmp_path):
    AssessmentFactory()
    load_scale(path=revised(tmp_path, lambda data: data["levels"][0]["name"].update(en="Tell")))
    assert Level.objects.get(scale=scale, code="inform").name == "Tell"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["levels"][0].update(order=9),
        lambda data: data["criteria"][0].update(evidence_kinds=["document:*"]),
        lambda data: data["criteria"][0].update(rule={"stages": 2}),
        lambda data: data["criteria"].append({**data["criteria"][0], "code": "I3"}),
    ],
)
def test_what_decides_a_level_of_a_used_scale_stays(scale, tmp_path, change):
    AssessmentFactory()
    with pytest.raises(ValidationError, match="is a new version"):
        load_scale(path=revised(tmp_path, change))
    assert Criterion.objects.count() == 10
    assert Level.objects.get(scale=scale, code="inform").order == 1


def test_new_version_takes_over_and_the_old_one_stays(scale, tmp_path):
    new = load_scale(path=revised(tmp_path, lambda data: data.update(code="next")))
    assert list(Scale.objects.filter(is_current=True)) == [new]
    assert Level.objects.filter(scale=scale).count() == 5


def test_rule_that_the_engine_does_not_know_is_refused(scale, tmp_path):
    def change(data):
        data["code"] = "next"
        data["criteria"][0]["rule"] = {"moonlight": True}

    with pytest.raises(ValueError, match="moonlight"):
        load_scale(path=revised(tmp_path, change))
    assert list(Scale.objects.all()) == [scale]


# Practices


@pytest.fixture
def domains(db):
    rows = json.loads(PRACTICES_FILE.read_text(encoding="utf-8"))
    return [DomainFactory(code=code) for code in sorted({code for row in rows for code in row["domains"]})]


def test_practices_are_loaded_once(scale, domains):
    count = load_practices()
    assert load_practices() == count == Practice.objects.count()
    practice = Practice.objects.get(slug="local-immigration-partnerships")
    assert practice.level.code == "collaborate"
    assert {domain.code for domain in practice.domains.all()} == {"D7", "D11"}


def test_practices_need_their_domains(scale):
    with pytest.raises(ValidationError, match="Load the domains first"):
        load_practices()
    assert not Practice.objects.exists()


def test_practice_is_added_once(world):
    fields = {"name": "Shared kitchens", "summary": "Cooking together.", "domains": [], "by": world.officer}
    assert add_practice(**fields).slug == "shared-kitchens"
    with pytest.raises(ValidationError, match="already a good practice"):
        add_practice(**fields)


def test_practice_is_searched_added_and_linked_through_the_pages(client, world):
    other = PracticeFactory(name="Other")
    client.force_login(world.officer)
    domain = DomainFactory(slug="social")
    client.post(
        reverse("partnerships:practice_add"),
        {"name": "Shared kitchens", "summary": "Cooking together.", "domains": [domain.pk], "countries": ["Spain"]},
    )
    practice = Practice.objects.get(slug="shared-kitchens")
    assert practice.countries == ["ES"]
    url = reverse("partnerships:practice_list")
    for query in ({"q": "cooking"}, {"domain": "social"}):
        assert list(client.get(url, query).context["page_obj"].object_list) == [practice]
    assert other in client.get(url).context["page_obj"].object_list
    mine, foreign = world.partnership(title="Mine"), world.partnership(authority=AuthorityFactory(), title="Foreign")
    link = reverse("partnerships:practice_link", args=[practice.slug])
    response = client.post(link, {"partnership": foreign.pk})
    assert "partnership" in response.context["form"].errors
    client.post(link, {"partnership": mine.pk})
    client.post(link, {"partnership": mine.pk})
    assert list(practice.partnerships.all()) == [mine]
    assert "Mine" in client.get(practice.get_absolute_url()).content.decode()


def test_link_twice_is_once(world):
    practice, partnership = PracticeFactory(), world.partnership()
    for _time in range(2):
        link_practice(practice=practice, partnership=partnership, by=world.officer)
    assert partnership.practices.count() == 1


# Coordination tables


def test_table_is_founded_once_and_chaired_by_its_convenor(world):
    fields = {"name": "City table", "territory": world.city, "convenor": world.authority, "by": world.officer}
    table = found_table(**fields)
    assert (table.slug, table.seats.get().organisation, table.seats.get().is_chair) == (
        "city-table-riverton",
        world.authority,
        True,
    )
    with pytest.raises(ValidationError, match="already a table"):
        found_table(**fields)
    with pytest.raises(ValidationError, match="convened by an authority"):
        found_table(**{**fields, "name": "Other", "convenor": world.partner})


def test_seat_is_given_once_to_a_verified_organisation(world):
    table = CoordinationTableFactory(convenor=world.authority)
    give_seat(table=table, organisation=world.partner, by=world.officer)
    with pytest.raises(ValidationError, match="already has a seat"):
        give_seat(table=table, organisation=world.partner, by=world.officer)
    with pytest.raises(ValidationError, match="Only a verified"):
        give_seat(table=table, organisation=OrganisationFactory(), by=world.officer)


def test_meeting_is_completed_not_doubled(world):
    table = CoordinationTableFactory()
    today = timezone.localdate()
    hold_meeting(table=table, held_on=today, agenda="Rents", by=world.officer)
    hold_meeting(table=table, held_on=today, minutes="We met.", by=world.officer)
    meeting = table.meetings.get()
    assert (meeting.agenda, meeting.minutes, meeting.version) == ("Rents", "We met.", 2)
    with pytest.raises(ValidationError, match="already has this"):
        hold_meeting(table=table, held_on=today, agenda="Schools", by=world.officer)
    with pytest.raises(ValidationError, match="has no minutes"):
        hold_meeting(table=table, held_on=today.replace(year=today.year + 1), minutes="We met.", by=world.officer)


def test_agenda_and_minutes_of_one_day_typed_one_after_the_other(client, world):
    table = CoordinationTableFactory(convenor=world.authority)
    client.force_login(world.officer)
    url = reverse("partnerships:meeting_add", args=[table.slug])
    today = timezone.localdate().isoformat()
    for said in ({"agenda": "Rents"}, {"minutes": "We met."}):
        client.post(url, {"held_on": today, "agenda": "", "minutes": "", **said})
    refused = client.post(url, {"held_on": today, "agenda": "Schools", "minutes": ""})
    assert "already has this" in refused.content.decode()
    meeting = table.meetings.get()
    assert (meeting.agenda, meeting.minutes) == ("Rents", "We met.")


def test_meeting_is_changed_where_it_is_shown_and_keeps_its_history(client, world):
    table = CoordinationTableFactory(convenor=world.authority)
    meeting = hold_meeting(table=table, held_on=timezone.localdate(), agenda="Rents", by=world.officer)
    client.force_login(world.officer)
    url = reverse("partnerships:meeting_edit", args=[table.slug, meeting.pk])
    assert url in client.get(table.get_absolute_url()).content.decode()
    data = {"held_on": meeting.held_on.isoformat(), "agenda": "Schools", "minutes": "We met.", "version": 1}
    client.post(url, data)
    stale = client.post(url, data | {"agenda": "Work"})
    assert "Somebody else saved this" in stale.content.decode()
    meeting.refresh_from_db()
    assert (meeting.agenda, meeting.version) == ("Schools", 2)
    assert list(meeting.events.order_by("pgh_id").values_list("agenda", flat=True)) == ["Rents", "Schools"]
    other = CoordinationTableFactory(convenor=world.authority)
    assert client.get(reverse("partnerships:meeting_edit", args=[other.slug, meeting.pk])).status_code == 404


def test_practice_is_edited_in_each_language_by_administrators(client, world, scale):
    """What stood there stays ticked, and a level of an older scale is the same one of the scale that is used."""
    health, housing = DomainFactory(name="Health"), DomainFactory(name="Housing")
    practice = PracticeFactory(name="Mediators", countries=["ES"], level=Level.objects.get(scale=scale, code="consult"))
    practice.domains.set([health])
    version = begin_version(scale=scale, names={"name_en": "Next"}, by=world.administrator)
    put_to_use(scale=version, by=world.administrator)
    url = reverse("partnerships:practice_edit", args=[practice.slug])
    client.force_login(world.officer)
    assert client.get(url).status_code == 403
    assert url not in client.get(practice.get_absolute_url()).content.decode()
    client.force_login(world.administrator)
    assert url in client.get(practice.get_absolute_url()).content.decode()
    form = client.get(url).context["form"]
    assert form["level"].value() == version.levels.get(code="consult").pk
    typed = {
        "name": "Mediators of Riverton",
        "countries_chosen": ["ES"],
        "domains": [housing.pk],
        "level": form["level"].value(),
        "seen": form["seen"].value(),
    }
    refused = client.post(url, {**typed, "summary_en": "", "summary_es": ""}).content.decode()
    assert "Say in at least one language what it does." in refused
    response = client.post(url, {**typed, "summary_en": "", "summary_es": "Median entre vecinos."})
    assert response.headers["Location"] == practice.get_absolute_url()
    practice.refresh_from_db()
    assert (practice.name, practice.countries, practice.level.scale) == ("Mediators of Riverton", ["ES"], version)
    assert list(practice.domains.all()) == [housing]
    client.logout()
    spanish = client.get(practice.get_absolute_url(), headers={"accept-language": "es"}).content.decode()
    assert "Median entre vecinos." in spanish


def test_practice_is_deleted_and_partnerships_go_on_without_it(client, world):
    practice, partnership = PracticeFactory(name="Mediators"), world.partnership()
    partnership.practices.add(practice)
    url = reverse("partnerships:practice_delete", args=[practice.slug])
    client.force_login(world.officer)
    assert client.post(url).status_code == 403
    client.force_login(world.administrator)
    assert "1 partnership follows it, and goes on without it." in client.get(url).content.decode()
    assert client.post(url).headers["Location"] == reverse("partnerships:practice_list")
    assert not Practice.objects.filter(pk=practice.pk).exists()
    assert not partnership.practices.exists()
    for act in (
        lambda: update_practice(practice=practice, domains=[], by=world.officer),
        lambda: delete_practice(practice=practice, by=world.officer),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_meeting_is_one_a_day(world):
    table = CoordinationTableFactory()
    table.meetings.create(held_on=timezone.localdate())
    with pytest.raises(IntegrityError, match="meeting_once_a_day"):
        table.meetings.create(held_on=timezone.localdate())


def test_composition_says_who_sits_and_who_is_missing(world):
    table = CoordinationTableFactory()
    for organisation in (
        world.authority,
        OrganisationFactory(marks=["diaspora"]),
        OrganisationFactory(marks=["women", "migrant"]),
        OrganisationFactory(kind=Kind.ENTERPRISE),
    ):
        table.seats.create(organisation=organisation)
    found = composition_of(table.seats.select_related("organisation"))
    assert [(str(share.label), share.count) for share in found.sectors] == [
        ("civil society", 2),
        ("public authority", 1),
        ("employers and business", 1),
    ]
    assert [(str(share.label), share.count) for share in found.levels] == [("local", 1)]
    assert [str(words) for words in found.missing] == [
        "trade unions",
        "regional government",
        "national government",
    ]
    assert (found.migrant_seats, found.migrant_percent) == (2, 50)


def test_empty_table_has_no_share():
    found = composition_of([])
    assert (found.seats, found.migrant_percent) == (0, None)
    assert "organisations of migrants" in [str(words) for words in found.missing]


def test_table_grows_through_its_pages(client, world):
    client.force_login(world.officer)
    client.post(
        reverse("partnerships:table_add"),
        {"name": "City table", "convenor": world.authority.pk, "territory": "Riverton", "mandate": "Housing"},
    )
    table = CoordinationTable.objects.get()
    client.post(reverse("partnerships:seat_add", args=[table.slug]), {"organisation": "Open Door"})
    client.post(reverse("partnerships:meeting_add", args=[table.slug]), {"held_on": "2025-05-01", "agenda": "Rents"})
    client.logout()
    html = client.get(table.get_absolute_url()).content.decode()
    for words in ("Open Door", "Rents", "Who is missing", "Trade unions"):
        assert words in html
    assert AuthorityFactory(level_of_government=LevelOfGovernment.REGIONAL).is_authority
    listed = client.get(reverse("partnerships:table_list")).content.decode()
    assert "City table" in listed
    assert "0 (0%)" in listed
