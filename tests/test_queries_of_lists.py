"""Every list of the portal asks the database as often for many rows as for few.

The table says of each address of a list what adds a row to it, and who reads it. A list that is missing from it fails the tests.
"""

import datetime
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from post_office.models import STATUS, Email, Log

from indicators.models import Category, ConfidentialAccess, ConfidentialViewing, Dimension, RollupRun, Source
from orgs.exchange.imports import actions as organisation_imports
from orgs.listing import actions as listing
from orgs.members import actions as members
from orgs.models import (
    Capacity,
    CapacityMatch,
    ClosedDays,
    Membership,
    OpeningTime,
    Organisation,
    OrganisationMapping,
    Registration,
    Remark,
    ReviewedProfile,
    Sponsorship,
    Territory,
    VoicedNeed,
    VolunteerOpportunity,
    Vouching,
)
from orgs.standing import measures
from orgs.territories.imports import actions as territory_imports
from partnerships.models import Assessment
from partnerships.scales import actions as scales
from tests.access import logged_in, names, things
from tests.factories import (
    AffiliationFactory,
    AuthorityFactory,
    DomainFactory,
    MembershipFactory,
    OrganisationFactory,
    ProposedChangeFactory,
    ReviewerAppointmentFactory,
    ServiceFactory,
    ServiceTypeFactory,
    TerritoryFactory,
    TerritorySchemeFactory,
    UserFactory,
    VerificationFactory,
)
from tests.factories_indicators import (
    ImportBatchFactory,
    IndicatorFactory,
    ReleaseFactory,
    SavedMappingFactory,
    SourceFactory,
)
from tests.factories_partnerships import CoordinationTableFactory, PartnershipFactory, PracticeFactory, level
from tests.world import World, make_claim, make_reports

Role = Membership.Role


QUARTERS = itertools.cycle(["N1", "N3", "N2", "N4"])


def place_in(world: World) -> Territory:
    """A neighbourhood of another district than the last: whoever names it reads what it lies in."""
    return world.land.territories[next(QUARTERS)]


def house_in(world: World, **facts: Any) -> Organisation:
    return OrganisationFactory(published=True, territory=place_in(world), languages=["ca", "ar"], **facts)


def serve(house: Organisation) -> None:
    """A service of a type and a domain of its own, somewhere, at some time."""
    kind = ServiceTypeFactory()
    service = ServiceFactory(organisation=house, type=kind, domain=kind.domain, languages=["ca"])
    service.territories.add(TerritoryFactory(parent=house.territory.parent, kind="neighbourhood"))
    for opens in (9, 16):
        OpeningTime.objects.create(
            service=service, weekdays=["MO"], opens=datetime.time(opens), closes=datetime.time(opens + 2)
        )
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    ClosedDays.objects.create(service=service, first=tomorrow, last=tomorrow)


def lend_a_hand(house: Organisation) -> VolunteerOpportunity:
    return VolunteerOpportunity.objects.create(
        organisation=house,
        kind="regular",
        title="Conversation",
        email="hand@example.org",
        territory=house.territory.parent,
    )


def need_and_offer(house: Organisation, **facts: Any) -> tuple[Capacity, Capacity]:
    place = house.territory.parent
    need, offer = (
        Capacity.objects.create(organisation=house, side=side, kind="equipment", territory=place, **facts)
        for side in ("need", "offer")
    )
    return need, offer


def add_house(world: World) -> None:
    """A verified organisation that says all of itself, and one that staff have listed for an authority."""
    house = house_in(world, name=f"Heron {Organisation.objects.count()}")
    house.domains.add(DomainFactory(), DomainFactory())
    house.works_in.add(place_in(world), place_in(world))
    serve(house)
    lend_a_hand(house)
    need_and_offer(house)
    MembershipFactory(organisation=house)
    unclaimed = listing.list_organisation(
        name=f"Listed {house}", kind="association", territory=place_in(world), by=world.user("admin")
    )
    serve(unclaimed)


def add_to_association(world: World) -> None:
    serve(world.association)
    ended = lend_a_hand(world.association)
    VolunteerOpportunity.objects.filter(pk=ended.pk).update(
        ended_on=timezone.localdate(), took_part=3, hours_given=2, outcome="They met."
    )
    lend_a_hand(world.association)
    world.association.works_in.add(place_in(world))
    world.association.domains.add(DomainFactory())


def add_to_service(world: World) -> None:
    service = world.things["service"]
    service.territories.add(place_in(world))
    OpeningTime.objects.create(
        service=service,
        weekdays=["TU"],
        opens=datetime.time(OpeningTime.objects.filter(service=service).count()),
        closes=datetime.time(23),
    )
    day = timezone.localdate() + datetime.timedelta(days=service.closed_days.count())
    ClosedDays.objects.create(service=service, first=day, last=day)


def add_match(world: World) -> None:
    """One that somebody asked for, and others that the portal proposes."""
    house = house_in(world)
    number = str(Capacity.objects.count())
    need, offer = need_and_offer(world.association, quantity=number)
    theirs_needed, theirs_offered = need_and_offer(house, quantity=number)
    Capacity.objects.filter(pk__in=[one.pk for one in (need, offer, theirs_needed, theirs_offered)]).update(
        territory=None
    )
    CapacityMatch.objects.create(need=need, offer=theirs_offered, asked_by=house, asker=UserFactory())
    agreed = {"state": "agreed", "answerer": UserFactory(), "answered_at": timezone.now()}
    CapacityMatch.objects.create(
        need=theirs_needed, offer=offer, asked_by=world.association, asker=UserFactory(), **agreed
    )


def add_affiliation(world: World) -> None:
    ours, house = world.association, house_in(world)
    AffiliationFactory(organisation=house, parent=ours, proposed=True)
    AffiliationFactory(organisation=house_in(world), parent=ours)
    AffiliationFactory(organisation=ours, parent=house_in(world))
    AffiliationFactory(organisation=ours, parent=house_in(world), proposed=True)


def add_support(world: World) -> None:
    ours, asker = world.association, UserFactory()
    group = OrganisationFactory(published=True, kind="informal_group", territory=place_in(world))
    Vouching.objects.create(group=group, voucher=ours, asked_by=asker, asked_at=timezone.now())
    for pair in ({"sponsor": house_in(world), "sponsored": ours}, {"sponsor": ours, "sponsored": house_in(world)}):
        Sponsorship.objects.create(**pair, gives="A room", from_day=timezone.localdate(), offered_by=asker)


def add_member(world: World) -> None:
    owner, person = world.user("owner"), UserFactory()
    MembershipFactory(organisation=world.association, role=Role.EDITOR)
    members.invite_member(organisation=world.association, email=f"new-{person.email}", role=Role.EDITOR, by=owner)
    listing.ask_to_join(organisation=world.association, said="I cook there.", by=person)


def add_membership(world: World) -> None:
    """Of organisations in whatever standing, in a registration that was begun, and as a reviewer."""
    owner, long_ago = world.user("owner"), timezone.localdate() - datetime.timedelta(days=1)
    for facts in ({}, {"holds_until": long_ago}, {"suspended_on": timezone.localdate()}):
        MembershipFactory(user=owner, organisation=house_in(world, **facts))
    MembershipFactory(
        user=owner, organisation=VerificationFactory(organisation__territory=place_in(world)).organisation
    )
    Registration.objects.create(begun_by=owner)


def add_to_review(world: World) -> None:
    """One more of everything that reviewers read."""
    place = place_in(world)
    VerificationFactory(organisation=OrganisationFactory(territory=place))
    VerificationFactory(organisation=MembershipFactory(organisation=house_in(world)).organisation)
    ProposedChangeFactory(organisation=house_in(world))
    now = timezone.now()
    ReviewedProfile.objects.create(
        organisation=house_in(world),
        profile={"description": "As it was."},
        seen_by=UserFactory(),
        unseen_since=now,
        changed_at=now,
    )
    VoicedNeed.objects.create(territory=place, words="A place to sleep.", type=ServiceTypeFactory())
    unclaimed = OrganisationFactory(territory=place, is_listed=True)
    listing.ask_to_join(organisation=unclaimed, said="I am the treasurer.", by=UserFactory())
    suspended = MembershipFactory(organisation=house_in(world))
    first = ReviewerAppointmentFactory(territory=suspended.organisation.territory).user
    measure = measures.take_measure(
        organisation=suspended.organisation, kind="suspension", reasons="It asks for money.", by=first
    )
    measures.appeal(measure=measure, text="It does not.", by=suspended.user)


def add_remark(world: World) -> None:
    for house in (world.association, house_in(world)):
        Remark.objects.create(
            page=house.get_absolute_url(),
            words="It has moved.",
            language="en",
            organisation=house,
            territory=house.territory,
        )


def add_account(world: World) -> None:
    """Of somebody who is in several organisations and reviews, and of somebody who is nothing yet."""
    person = UserFactory(name="Mr Heron")
    for _number in range(2):
        MembershipFactory(user=person, organisation=house_in(world))
        ReviewerAppointmentFactory(user=person, territory=place_in(world))
    UserFactory(name="Mrs Heron", email_verified=False)


def add_reviewer(world: World) -> None:
    """Somebody who reviews, somebody who is invited to, and a place where nobody may decide."""
    ReviewerAppointmentFactory(territory=place_in(world))
    admin, email = world.user("admin"), f"invited-{UserFactory().email}"
    members.invite_reviewer(email=email, territory=place_in(world), by=admin)
    VerificationFactory(organisation=OrganisationFactory(territory=TerritoryFactory()))


def add_authority(world: World) -> None:
    """With managers, and with one who is invited."""
    admin = world.user("admin")
    for _number in range(2):
        authority = AuthorityFactory(territory=place_in(world))
        MembershipFactory(organisation=authority, role=Role.MANAGER)
        MembershipFactory(organisation=authority, role=Role.MANAGER)
        members.invite_member(
            organisation=authority, email=f"manages-{authority.slug}@example.org", role=Role.MANAGER, by=admin
        )


def add_type(world: World) -> None:
    kind = ServiceTypeFactory()
    kind.words.create(language="en", text=f"word of {kind.pk}", stem=str(kind.pk))
    ServiceFactory(organisation=world.association, type=kind, domain=kind.domain)


def add_scheme(world: World) -> None:
    scheme = TerritorySchemeFactory(code=f"land-{TerritoryFactory().pk}", name="One more land")
    TerritoryFactory(scheme=scheme)
    TerritoryFactory(parent=place_in(world), name="Heron")


def add_files(world: World) -> None:
    """Of places and of organisations, each brought by somebody else."""
    content = f"code,name,kind,parent\n{TerritoryFactory().code}-9,Ninth,neighbourhood,{world.city.code}\n"
    batch = territory_imports.receive_file(
        scheme=world.city.scheme, file=ContentFile(content.encode(), "ninth.csv"), by=UserFactory(is_staff=True)
    )
    territory_imports.check_import(batch=batch, description=territory_imports.guess_of(batch), by=None)
    place = {"always": f"{world.city.scheme.code}:{world.city.code}"}
    said = {"columns": {"name": "name", "kind": {"always": "association"}, "territory": place}}
    by = UserFactory(is_staff=True)
    organisation_imports.receive_file(file=ContentFile(b"name\nHouse\n", "list.csv"), mapping=said, by=by)
    OrganisationMapping.objects.create(name=f"List {OrganisationMapping.objects.count()}", definition=said)


def add_task(world: World) -> None:
    number = PeriodicTask.objects.count()
    interval = IntervalSchedule.objects.create(every=number + 2, period="minutes")
    PeriodicTask.objects.create(name=f"task {number}", task=f"orgs.tasks.task_{number}", interval=interval)


def add_mail(world: World) -> None:
    email = Email.objects.create(
        from_email="portal@example.org", to=["far@example.org"], subject="Hello", status=STATUS.failed
    )
    Log.objects.create(email=email, status=STATUS.failed, exception_type="SMTPDataError", message="Refused")


def add_dimension(world: World) -> None:
    number = Dimension.objects.count()
    Dimension.objects.create(code=f"dimension-{number}", name=f"Dimension {number}", order=number)


def add_source(world: World) -> None:
    SourceFactory(name=f"Source {Source.objects.count()}")


def add_category(world: World) -> None:
    """Within one of its own."""
    number = Category.objects.count()
    dimension = world.things["identity"].whole.dimension
    above = Category.objects.create(dimension=dimension, code=f"A{number}", name="Above", order=number, is_part=False)
    Category.objects.create(dimension=dimension, parent=above, code=f"W{number}", name="Within", order=number)


def add_indicator(world: World) -> None:
    indicator = IndicatorFactory(owner=AuthorityFactory(territory=place_in(world)))
    IndicatorFactory(retired_on=timezone.localdate())
    access = ConfidentialAccess.objects.create(
        user=UserFactory(),
        territory=place_in(world),
        indicator=indicator,
        reason="To see who is meant.",
        expires_at=timezone.now() + datetime.timedelta(hours=1),
    )
    ConfidentialViewing.objects.create(access=access, territory=access.territory)


def add_import(world: World) -> None:
    ImportBatchFactory(authority=world.authority, created_by=UserFactory())
    SavedMappingFactory()
    ImportBatchFactory(authority=AuthorityFactory(territory=place_in(world)), created_by=UserFactory())


def add_reports(world: World) -> None:
    owner = UserFactory()
    house = house_in(world)
    MembershipFactory(user=owner, organisation=house)
    make_reports(world.land, {**world.users, "owner": owner}, world.authority, house, world.city)


def add_run(world: World) -> None:
    RollupRun.objects.create(claimed_by="a worker", state="done", finished_at=timezone.now())


def add_partnership(world: World) -> None:
    """Several with domains and partners of their own, of which one claims a level, and one has a confirmed one."""
    authority = AuthorityFactory(territory=place_in(world))
    for facts in ({"authority": world.authority}, {"authority": authority}):
        PartnershipFactory(
            territory=place_in(world),
            partners=[world.association, house_in(world)],
            domains=[DomainFactory(), DomainFactory()],
            **facts,
        )
    make_claim(world.city, world.authority, world.association, world.users)
    confirmed, today = make_claim(world.city, world.authority, world.association, world.users), timezone.localdate()
    Assessment.objects.filter(pk=confirmed.pk).update(
        state="confirmed",
        confirmed=confirmed.claimed,
        confirmed_from=today,
        confirmed_until=today + datetime.timedelta(days=700),
    )


def add_practice(world: World) -> None:
    PracticeFactory(level=level("inform")).domains.add(DomainFactory(), DomainFactory())


def add_table(world: World) -> None:
    above = CoordinationTableFactory(territory=place_in(world))
    table = CoordinationTableFactory(
        territory=place_in(world), convenor=AuthorityFactory(territory=place_in(world)), parent=above
    )
    table.seats.create(organisation=house_in(world))


def add_scale(world: World) -> None:
    number = str(DomainFactory().pk)
    scales.begin_version(scale=world.things["a_scale"], names={"name_en": f"Scale {number}"}, by=world.user("admin"))


Add = Callable[[World], Any]


@dataclass(frozen=True)
class ListPage:
    add: Add | None
    """Nothing where what the other lists add is counted there, or found by it."""
    readers: str
    """By their names in tests/world.py."""
    of: str = "-"
    """As in tests/access.py."""
    queries: tuple[str, ...] = ("",)
    grows: bool = True


LISTS = {
    "administration": ListPage(None, "admin", grows=False),
    "queue_list": ListPage(None, "admin", grows=False),
    "schedule_list": ListPage(add_task, "admin"),
    "mail_list": ListPage(add_mail, "admin", queries=("", "?state=failed")),
    "organisation_detail": ListPage(add_to_association, "anonymous owner admin", "association"),
    "orgs:organisation_list": ListPage(add_house, "anonymous officer", queries=("?q=heron", "?q=heron&language=ca")),
    "orgs:service_search": ListPage(
        add_house, "anonymous", queries=("", "?q=house", "?territory=CITY&territory_near=around")
    ),
    "orgs:service_map": ListPage(add_house, "anonymous"),
    "orgs:coverage": ListPage(add_house, "anonymous"),
    "orgs:service_detail": ListPage(add_to_service, "anonymous owner", "a_service"),
    "orgs:opportunity_search": ListPage(add_house, "anonymous"),
    "orgs:capacity_search": ListPage(add_house, "anonymous"),
    "orgs:my_organisations": ListPage(add_membership, "owner"),
    "orgs:service_list": ListPage(add_to_association, "owner", "association"),
    "orgs:opportunity_list": ListPage(add_to_association, "owner", "association"),
    "orgs:capacity_list": ListPage(add_match, "owner", "association"),
    "orgs:match_list": ListPage(add_match, "owner", "association"),
    "orgs:affiliation_list": ListPage(add_affiliation, "owner", "association"),
    "orgs:support": ListPage(add_support, "owner", "association"),
    "orgs:member_list": ListPage(add_member, "owner viewer admin", "association"),
    "orgs:review_queue": ListPage(add_to_review, "reviewer admin"),
    "orgs:appeal_queue": ListPage(add_to_review, "reviewer admin"),
    "orgs:remark_list": ListPage(add_remark, "reviewer owner"),
    "orgs:need_queue": ListPage(add_to_review, "reviewer"),
    "orgs:join_queue": ListPage(add_to_review, "reviewer"),
    "orgs:unreviewed_list": ListPage(add_to_review, "reviewer admin"),
    "orgs:change_queue": ListPage(add_to_review, "reviewer"),
    "orgs:account_list": ListPage(add_account, "admin", queries=("?q=heron",)),
    "orgs:authority_list": ListPage(add_authority, "admin"),
    "orgs:registry_list": ListPage(add_house, "admin", queries=("?q=heron",)),
    "orgs:appointment_list": ListPage(add_reviewer, "admin"),
    "orgs:domain_list": ListPage(add_house, "admin"),
    "orgs:service_type_list": ListPage(add_type, "admin"),
    "orgs:scheme_list": ListPage(add_scheme, "admin"),
    "orgs:place_list": ListPage(add_scheme, "admin", "scheme"),
    "orgs:territory_import_list": ListPage(add_files, "admin", "scheme"),
    "orgs:organisation_import_list": ListPage(add_files, "admin"),
    "orgs:organisation_mapping_list": ListPage(add_files, "admin"),
    "orgs:lookup_territories": ListPage(add_scheme, "anonymous", queries=("?q=heron", "?q=heron&ever=1")),
    "orgs:lookup_organisations": ListPage(add_house, "anonymous", queries=("?q=heron",)),
    "orgs:lookup_registers": ListPage(None, "anonymous", queries=("?q=register",), grows=False),
    "indicators:territory_list": ListPage(add_scheme, "anonymous", queries=("", "?q=heron")),
    "indicators:indicator_list": ListPage(add_indicator, "anonymous steward"),
    "indicators:import_list": ListPage(add_import, "steward"),
    "indicators:mapping_list": ListPage(add_import, "steward admin"),
    "indicators:report_list": ListPage(add_reports, "steward"),
    "indicators:run_list": ListPage(add_run, "steward"),
    "indicators:release_list": ListPage(lambda world: ReleaseFactory(), "steward"),
    "indicators:source_list": ListPage(add_source, "admin"),
    "indicators:dimension_list": ListPage(add_dimension, "admin"),
    "indicators:category_list": ListPage(add_category, "admin", "dimension"),
    "indicators:confidential_viewing_list": ListPage(add_indicator, "admin"),
    "partnerships:partnership_list": ListPage(add_partnership, "anonymous officer reviewer"),
    "partnerships:organisation_partnerships": ListPage(add_partnership, "owner", "association"),
    "partnerships:isolated_organisations": ListPage(add_house, "officer"),
    "partnerships:assessment_queue": ListPage(add_partnership, "reviewer admin"),
    "partnerships:practice_list": ListPage(add_practice, "officer"),
    "partnerships:table_list": ListPage(add_table, "officer"),
    "partnerships:scale_list": ListPage(add_scale, "admin"),
}
IS_LIST = re.compile(r"(_list|_queue|_search|:lookup_\w+|my_organisations|^administration)$")
OF_LIBRARIES = {"usersessions_list"}
"""django-allauth asks of each browser whether it is still logged in there; those of one person are few."""


def test_every_list_is_in_the_table() -> None:
    assert {name for name in names() if IS_LIST.search(name)} - OF_LIBRARIES <= LISTS.keys()


def grow(world: World, times: int) -> None:
    for add in dict.fromkeys(page.add for page in LISTS.values() if page.add):
        for _number in range(times):
            add(world)
    with connection.cursor() as cursor:  # As the autovacuum does within a minute; it has seen these tables empty.
        cursor.execute("ANALYZE")


def looks(world: World) -> Iterator[tuple[str, str]]:
    """Each reader, and each address that they read."""
    arguments = things(world)
    for name, page in LISTS.items():
        for query in page.queries:
            for reader in page.readers.split():
                yield reader, reverse(name, args=arguments[page.of]) + query


def look(client: Client, address: str) -> tuple[int, int]:
    """How many queries it takes, and how long the page is."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return len(captured), len(answer.content)


@pytest.mark.django_db
def test_list_costs_the_same_for_many_rows(world: World) -> None:
    """What is read once and kept by the process (types of content, rules) is not counted: where the first look was dearer, few are looked at again."""
    clients = {reader: logged_in(world, reader) for page in LISTS.values() for reader in page.readers.split()}
    addresses = list(looks(world))
    grow(world, 1)
    few = {(reader, address): look(clients[reader], address) for reader, address in addresses}
    with transaction.atomic():
        grow(world, 3)
        many = {(reader, address): look(clients[reader], address) for reader, address in addresses}
        transaction.set_rollback(True)
    for reader, address in addresses:
        if few[reader, address][0] != many[reader, address][0]:
            few[reader, address] = look(clients[reader], address)
    dearer = {seen: (few[seen][0], many[seen][0]) for seen in few if few[seen][0] != many[seen][0]}
    assert dearer == {}
    steady = {reverse(name, args=things(world)[page.of]) for name, page in LISTS.items() if not page.grows}
    unseen = [seen for seen in few if many[seen][1] <= few[seen][1] and seen[1].partition("?")[0] not in steady]
    assert unseen == [], "the rows are on the page"
