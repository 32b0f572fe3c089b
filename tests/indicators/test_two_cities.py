"""Two cities under one land: what the steward of either does lies in her own, whatever the way."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from indicators.catalogue import actions as catalogue
from indicators.catalogue import target_actions
from indicators.catalogue.wording import WordingChange
from indicators.imports import actions as imports
from indicators.models import (
    ImportBatch,
    Indicator,
    Observation,
    Period,
    ProtectionChange,
    Release,
    ReportRequest,
    Target,
)
from indicators.permissions import can_approve_release, can_recall_release
from indicators.quality import actions as quality
from indicators.releases import actions as releases
from indicators.reports import actions as reports
from indicators.rollup import worker
from orgs.models import Membership, Organisation, Territory, User
from tests.factories import AuthorityFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.indicators.land import MAPPING, Land, table
from tests.pages import words_of

pytestmark = pytest.mark.django_db
Role = Membership.Role


class City:
    """A district of the land that has an authority of its own, with its people."""

    def __init__(self, land: Land, place: str, part: str) -> None:
        self.place, self.part = land.territories[place], land.territories[part]
        self.authority: Organisation = AuthorityFactory(territory=self.place, name=f"Council of {place}")
        self.steward, self.second, self.manager = (
            MembershipFactory(organisation=self.authority, role=role).user
            for role in (Role.STEWARD, Role.STEWARD, Role.MANAGER)
        )

    def bring_in(self, *rows: tuple[Any, ...]) -> ImportBatch:
        batch = imports.ingest(
            mapping=MAPPING,
            file=SimpleUploadedFile("people.csv", table(*rows)),
            authority=self.authority,
            by=self.steward,
        )
        imports.store_import(batch=batch, by=self.steward)
        quality.accept_findings(batch=batch, reason="A test says so", by=self.steward)
        return imports.approve_import(batch=batch, by=self.steward)


@pytest.fixture
def cities(land: Land) -> list[City]:
    return [City(land, "D1", "N1"), City(land, "D2", "N3")]


@pytest.fixture(params=[(0, 1), (1, 0)], ids=["first meddles", "second meddles"])
def pair(request: pytest.FixtureRequest, cities: list[City]) -> tuple[City, City]:
    """The one who meddles, and the one who is meddled with: in both directions."""
    meddler, other = request.param
    return cities[meddler], cities[other]


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_file_with_rows_of_another_city_is_refused_with_their_lines(pair: tuple[City, City]) -> None:
    mine, other = pair
    rows = [(mine.part.code, 2020, "all", 100), (other.part.code, 2020, "all", 1), (other.place.code, 2020, "all", 1)]
    rows.append(("CITY", 2020, "all", 1))
    batch = imports.ingest(
        mapping=MAPPING,
        file=SimpleUploadedFile("people.csv", table(*rows)),
        authority=mine.authority,
        by=mine.steward,
    )
    assert batch.state == ImportBatch.State.REFUSED
    assert [(one.code, one.line, one.value) for one in batch.messages.all()] == [
        ("territory_of_others", 3, other.part.code),
        ("territory_of_others", 4, other.place.code),
        ("territory_of_others", 5, "CITY"),
    ]
    client = enter(mine.steward)
    assert "is not in the territory of the authority" in words_of(client.get(batch.get_absolute_url()).content.decode())
    refused = client.get(reverse("indicators:refused_rows", args=[batch.pk]))
    lines = b"".join(refused.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert [line.split(",")[0] for line in lines[1:]] == [other.part.code, other.place.code, "CITY"]
    assert not Observation.objects.exists()


def test_database_takes_no_figure_of_another_city_from_an_authority(pair: tuple[City, City], land: Land) -> None:
    """Whoever forgets to ask, and whatever way a row comes."""
    mine, other = pair
    batch = mine.bring_in((mine.part.code, 2020, "all", 100))
    own = Observation.objects.get(batch=batch)
    for change in ({"territory": other.part}, {"territory": land.territories["CITY"]}):
        with pytest.raises(IntegrityError, match="own territory"), transaction.atomic():
            Observation.objects.filter(pk=own.pk).update(**change)
    with pytest.raises(IntegrityError, match="own territory"), transaction.atomic():
        land.observe(other.part.code, "2021", 1, batch=batch)
    with pytest.raises(IntegrityError, match="stays with who brought it in"), transaction.atomic():
        ImportBatch.objects.filter(pk=batch.pk).update(authority=other.authority)
    with pytest.raises(IntegrityError, match="own territory"), transaction.atomic():
        ReportRequest.objects.create(
            authority=mine.authority, territory=other.place, title="Meddling", due_on=timezone.localdate()
        )
    land.observe(mine.place.code, "2021", 5, batch=batch)


def test_steward_acts_in_the_name_of_no_other_authority(pair: tuple[City, City]) -> None:
    mine, other = pair
    theirs = other.bring_in((other.part.code, 2020, "all", 50))
    file = SimpleUploadedFile("people.csv", table((other.part.code, 2020, "all", 1)))
    for authority in (other.authority, None):
        for store in (False, True):
            with pytest.raises(PermissionDenied):
                imports.ingest(mapping=MAPPING, file=file, authority=authority, by=mine.steward, store=store)
        with pytest.raises(PermissionDenied):
            imports.ingest(file=file, authority=authority, by=mine.steward)
    for step in (imports.undo_import, imports.approve_import, imports.store_import):
        with pytest.raises((PermissionDenied, ValidationError)):
            step(batch=theirs, by=mine.steward)
    client = enter(mine.steward)
    for step_name in ("import_undo", "import_approve", "findings_accept", "import_detail"):
        address = reverse(f"indicators:{step_name}", args=[theirs.pk])
        assert client.post(address, {"reason": "Mine"}).status_code in (403, 404, 405)
    theirs.refresh_from_db()
    assert theirs.state == ImportBatch.State.APPROVED


def test_steward_types_and_asks_within_her_city(pair: tuple[City, City], land: Land) -> None:
    mine, other = pair
    client = enter(mine.steward)
    choice: dict[str, Any] = {
        "authority": mine.authority.pk,
        "indicator": "PEOPLE",
        "territory": other.place.code,
        "period": "2020",
    }
    text = words_of(client.get(reverse("indicators:entry"), choice).content.decode())
    assert "Choose the place of the authority, or one of its parts." in text
    asked = OrganisationFactory(published=True, name="Asked")
    with pytest.raises(ValidationError, match="one of its parts"):
        reports.ask_for_reports(
            authority=mine.authority,
            organisations=[asked],
            title="Meddling",
            territory=other.part,
            indicators=[land.indicators["EVENTS"]],
            periods=[Period.objects.get(code="2020")],
            due_on=timezone.localdate(),
            by=mine.steward,
        )
    target = {"baseline_year": 2020, "baseline_value": 1, "year": 2030, "value": 2}
    with pytest.raises(PermissionDenied):
        target_actions.set_target(
            target=Target(indicator=land.indicators["RATE"], territory=other.part, **target), by=mine.steward
        )
    assert not ReportRequest.objects.exists()


@pytest.mark.parametrize("owned", [False, True])
def test_common_indicator_is_not_a_steward_s_to_change(pair: tuple[City, City], land: Land, owned: bool) -> None:
    """Of the platform, or of another authority: neither its protection, nor its owner, nor its life."""
    mine, other = pair
    indicator = land.indicators["PEOPLE"]
    Indicator.objects.filter(pk=indicator.pk).update(threshold=5, rounding=5, owner=other.authority if owned else None)
    client = enter(mine.steward)
    for name in ("indicator_edit", "indicator_retire", "indicator_restore", "definition_check", "protection_decide"):
        address = reverse(f"indicators:{name}", args=["PEOPLE"])
        assert client.post(address, {"threshold": "0", "owner": mine.authority.pk}).status_code == 403, name
    steps: list[Callable[..., Any]] = [catalogue.retire_indicator, catalogue.check_definition]
    for step in steps:
        with pytest.raises(PermissionDenied):
            step(indicator=indicator, by=mine.manager)
    indicator.refresh_from_db()
    assert (indicator.threshold, indicator.retired_on) == (5, None)
    assert indicator.owner == (other.authority if owned else None)


def owned_by(city: City, land: Land) -> Indicator:
    indicator = land.indicators["PEOPLE"]
    Indicator.objects.filter(pk=indicator.pk).update(threshold=10, rounding=5, owner=city.authority)
    indicator.refresh_from_db()
    return indicator


def edit(indicator: Indicator, by: User, note: str = "", **changes: Any) -> Indicator:
    indicator.refresh_from_db()
    for name, value in changes.items():
        setattr(indicator, name, value)
    return catalogue.edit_indicator(indicator=indicator, breakdowns=[], wording="", note=note, by=by)


def test_weaker_protection_takes_two_people(cities: list[City], land: Land) -> None:
    mine, other = cities
    indicator = owned_by(mine, land)
    with pytest.raises(ValidationError, match="the reason for the change"):
        edit(indicator, mine.steward, threshold=0, rounding=1)
    assert edit(indicator, mine.steward, threshold=20, rounding=10).threshold == 20, "a stronger one holds at once"
    edit(indicator, mine.steward, note="Too much is hidden", threshold=5, rounding=5, decimals=1)
    indicator.refresh_from_db()
    assert (indicator.threshold, indicator.rounding, indicator.decimals) == (20, 10, 1)
    change = ProtectionChange.objects.get()
    assert change.rules == {"threshold": 5, "rounding": 5}
    for person in (mine.steward, mine.second, other.manager, other.steward, UserFactory()):
        with pytest.raises(PermissionDenied):
            catalogue.agree_to_protection(change=change, by=person)
    with pytest.raises(IntegrityError, match="protection_change_takes_two_people"), transaction.atomic():
        ProtectionChange.objects.update(is_agreed=True, decided_by=mine.steward, decided_at=timezone.now())
    text = words_of(enter(mine.manager).get(reverse("indicators:worklist")).content.decode())
    assert "Agree to a weaker protection of" in text
    page = enter(mine.steward).get(reverse("indicators:indicator_edit", args=["PEOPLE"])).content.decode()
    assert "A second person" in page
    assert 'name="agree"' not in page
    answer = enter(mine.manager).post(reverse("indicators:protection_decide", args=["PEOPLE"]), {"agree": "1"})
    assert answer.status_code == 302
    indicator.refresh_from_db()
    assert (indicator.threshold, indicator.rounding) == (5, 5)
    with pytest.raises(ValidationError, match="decided already"):
        catalogue.agree_to_protection(change=change, by=mine.manager)


def test_protection_of_others_people_is_weakened_by_an_administrator_alone(cities: list[City], land: Land) -> None:
    mine, other = cities
    indicator = owned_by(mine, land)
    other.bring_in((other.part.code, 2020, "all", 50))
    edit(indicator, mine.steward, note="Too much is hidden", threshold=0, rounding=1)
    change = ProtectionChange.objects.get()
    with pytest.raises(PermissionDenied):
        catalogue.agree_to_protection(change=change, by=mine.manager)
    assert catalogue.refuse_protection(change=change, by=mine.manager).threshold == 10
    administrator = UserFactory(is_staff=True)
    edit(indicator, administrator, note="Published by the source", threshold=0, rounding=1)
    change = ProtectionChange.objects.open().get()
    with pytest.raises(PermissionDenied):
        catalogue.agree_to_protection(change=change, by=administrator)
    assert catalogue.agree_to_protection(change=change, by=UserFactory(is_staff=True)).threshold == 0


def test_new_indicator_is_protected_and_belongs_to_the_steward_s_authority(pair: tuple[City, City]) -> None:
    mine, other = pair
    new = {"code": "NEW", "name": "New", "definition": "New", "unit": "count", "measure": "count"}
    domain = Indicator.objects.first().domain  # type: ignore[union-attr]

    def add(by: User, **fields: Any) -> Indicator:
        return catalogue.add_indicator(indicator=Indicator(domain=domain, **new, **fields), breakdowns=[], by=by)

    for owner in (None, other.authority):
        with pytest.raises(ValidationError, match="whose figures you keep"):
            add(mine.steward, owner=owner, direction="context")
    with pytest.raises(ValidationError, match="at least the protection"):
        add(mine.steward, owner=mine.authority, direction="context", threshold=0)
    added = add(mine.steward, owner=mine.authority, direction="context")
    added.owner = other.authority
    with pytest.raises(PermissionDenied):
        catalogue.edit_indicator(indicator=added, breakdowns=[], wording=WordingChange.CORRECTION, by=mine.steward)


def preview(by: User) -> Release:
    worker.roll_up()
    return releases.start_release(note="Why", by=by)


def test_release_is_approved_by_who_keeps_every_place_that_it_changes(pair: tuple[City, City], land: Land) -> None:
    """Both cities' figures are in the first: that is for an administrator. What changes one alone, its own people publish."""
    mine, other = pair
    land.observe("CITY", "2019", 7_000)
    mine.bring_in((mine.part.code, 2020, "all", 100))
    other.bring_in((other.part.code, 2020, "all", 300))
    release = preview(mine.steward)
    for person in (mine.second, mine.manager, other.steward, other.manager):
        assert not can_approve_release(person, release)
        with pytest.raises(PermissionDenied):
            releases.approve_release(release=release, by=person)
        address = reverse("indicators:release_approve", args=[release.pk])
        assert enter(person).post(address, {"note": "Mine"}).status_code == 403
    releases.approve_release(release=release, by=UserFactory(is_staff=True))
    mine.bring_in((mine.part.code, 2020, "all", 98_765))
    release = preview(mine.steward)
    with pytest.raises(ValidationError, match="somebody else"):
        releases.approve_release(release=release, by=mine.steward)
    for person in (other.steward, other.manager):
        with pytest.raises(PermissionDenied):
            releases.approve_release(release=release, by=person)
        with pytest.raises(PermissionDenied):
            releases.discard_release(release=release, by=person)
        page = words_of(enter(person).get(release.get_absolute_url()).content.decode())
        assert "An administrator has to approve it" in page
        assert "98,765" not in page, "what is not public yet is for who keeps it"
    assert "98,765" in words_of(enter(mine.second).get(release.get_absolute_url()).content.decode())
    assert releases.approve_release(release=release, by=mine.second).state == Release.State.PUBLISHED


def test_release_of_a_weaker_protection_is_for_the_administrators(pair: tuple[City, City], land: Land) -> None:
    mine, other = pair
    Indicator.objects.update(threshold=5, rounding=5)
    mine.bring_in((mine.part.code, 2020, "all", 100))
    other.bring_in((other.part.code, 2020, "all", 3))
    releases.approve_release(release=preview(mine.steward), by=UserFactory(is_staff=True))
    Indicator.objects.update(threshold=0, rounding=1)
    release = preview(mine.steward)
    with pytest.raises(PermissionDenied):
        releases.approve_release(release=release, by=mine.second)


def test_release_is_recalled_by_whoever_keeps_figures_in_it(cities: list[City], land: Land) -> None:
    """By one person, since it protects people; and by nobody whose places are not in it."""
    mine, other = cities
    mine.bring_in((mine.part.code, 2020, "all", 100))
    release = releases.approve_release(release=preview(mine.steward), by=UserFactory(is_staff=True))
    viewer = MembershipFactory(organisation=mine.authority, role=Role.VIEWER).user
    for person in (other.steward, other.manager, viewer, UserFactory()):
        assert not can_recall_release(person, release)
        with pytest.raises(PermissionDenied):
            releases.recall_release(release=release, reason="Meddling", by=person)
    assert enter(other.steward).get(reverse("indicators:release_recall", args=[release.pk])).status_code == 403
    enter(mine.steward).post(
        reverse("indicators:release_recall", args=[release.pk]), {"reason": "It tells of a family"}
    )
    release.refresh_from_db()
    assert (release.state, release.recalled_by) == (Release.State.RECALLED, mine.steward)


def test_steward_of_a_closed_authority_brings_in_nothing(cities: list[City]) -> None:
    mine, _other = cities
    Organisation.objects.filter(pk=mine.authority.pk).update(closed_on=timezone.localdate())
    file = SimpleUploadedFile("people.csv", table((mine.part.code, 2020, "all", 1)))
    sent = {"mapping": "describe", "file": file, "whole": "1"}
    enter(mine.steward).post(reverse("indicators:import_add"), sent)
    assert not ImportBatch.objects.exists()


def test_approval_is_refused_once_the_place_belongs_to_others(pair: tuple[City, City], land: Land) -> None:
    mine, other = pair
    batch = imports.ingest(
        mapping=MAPPING,
        file=SimpleUploadedFile("people.csv", table((mine.part.code, 2020, "all", 100))),
        authority=mine.authority,
        by=mine.steward,
    )
    batch = imports.store_import(batch=batch, by=mine.steward)
    Territory.objects.filter(pk=mine.part.pk).update(parent=other.place)
    with pytest.raises(ValidationError, match="not in the territory"):
        imports.approve_import(batch=batch, by=mine.steward)
