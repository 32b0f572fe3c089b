"""A small world with somebody of every kind, and with things that must not leak: for the tests of the whole portal.

The people are named for their part. `foreign` and `outsider` have nothing to do with the city's things; `partial` is a reviewer of the city
who belongs to the association, so nobody's judge in its matters.
"""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from indicators.imports import actions as imports
from indicators.models import (
    Category,
    Dimension,
    Identity,
    ImportBatch,
    Indicator,
    Period,
    SavedMapping,
    Slice,
    Target,
)
from indicators.releases import actions as releases
from indicators.reports import actions as reports
from indicators.reports.cells import Typed
from indicators.rollup import worker
from orgs.exchange.imports import actions as organisation_imports
from orgs.listing import actions as listing
from orgs.members import actions as members
from orgs.models import (
    Capacity,
    CapacityMatch,
    Measure,
    Membership,
    Organisation,
    OrganisationImport,
    OrganisationMapping,
    OrganisationMerge,
    Registration,
    Remark,
    ReviewedProfile,
    Sponsorship,
    Territory,
    TerritoryImport,
    User,
    VoicedNeed,
    VolunteerOpportunity,
    Vouching,
)
from orgs.organisations import actions as organisations
from orgs.oversight import merging
from orgs.standing import measures
from orgs.territories.imports import actions as territory_imports
from partnerships.assessments import actions as assessments
from partnerships.assessments import experience
from partnerships.models import Assessment, Criterion, Meeting, Partnership
from partnerships.scales import actions as scales
from partnerships.vocabulary import PartnershipState
from tests.factories import (
    AffiliationFactory,
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ProposedChangeFactory,
    ReviewerAppointmentFactory,
    ServiceFactory,
    ServiceTypeFactory,
    TerritoryFactory,
    UserFactory,
    VerificationFactory,
)
from tests.factories_partnerships import (
    ActivityFactory,
    AssessmentFactory,
    CoordinationTableFactory,
    PartnershipFactory,
    PracticeFactory,
    current_scale,
    level,
    make_document,
)
from tests.indicators.land import MAPPING, Land, make_land, table

Role = Membership.Role

USERS = [
    "anonymous",
    "outsider",
    "owner",
    "editor",
    "viewer",
    "other_owner",
    "officer",
    "manager",
    "steward",
    "reader",
    "foreign",
    "reviewer",
    "partial",
    "admin",
]


@dataclass
class World:
    users: dict[str, User | None]
    land: Land
    city: Territory
    authority: Organisation
    association: Organisation
    hidden: Organisation
    partnership: Partnership
    draft: Partnership
    proposed: Partnership
    assessment: Assessment
    claim: Assessment
    things: dict[str, Any]
    """The rest, by the names that tests/access.py gives it."""

    def user(self, name: str) -> User:
        user = self.users[name]
        assert user is not None
        return user


def make_world() -> World:
    """Some 150 rows in a second. Passwords are "password"."""
    current_scale()
    land = make_land()
    city = land.territories["CITY"]
    elsewhere = TerritoryFactory(name="Elsewhere")
    authority = AuthorityFactory(territory=city, name="City council")
    association = OrganisationFactory(published=True, territory=city, name="Association of the city")
    hidden = OrganisationFactory(territory=city, name="Hidden group")
    users = make_users(city, authority, association, hidden, AuthorityFactory(territory=elsewhere))
    figures_of_city = make_figures(land, users, authority, city, indicator="RATE", is_released=True)
    return make_things(land, users, city, authority, association, hidden, figures_of_city)


def make_second_city(world: World) -> World:
    """The same once more for the city of the `foreign` authority, in the same database: each city's people are strangers to the other.

    Its `foreign` is an officer and steward of the first city. Whoever belongs to neither is the same person in both.
    """
    authority = world.user("foreign").memberships.earliest("pk").organisation
    city = authority.territory
    for number in range(1, 5):
        code = f"E{number}"
        world.land.territories[code] = TerritoryFactory(
            code=code, name=code, parent=city, kind=Territory.Kind.NEIGHBOURHOOD
        )
    association = OrganisationFactory(published=True, territory=city, name="Association of Elsewhere")
    hidden = OrganisationFactory(territory=city, name="Hidden group of Elsewhere")
    users = make_users(city, authority, association, hidden, world.authority, prefix="far-")
    for name in ("outsider", "other_owner", "admin"):
        users[name] = world.users[name]
    figures_of_city = make_figures(world.land, users, authority, city, indicator="SCORE", letter="E")
    return make_things(world.land, users, city, authority, association, hidden, figures_of_city)


def make_things(
    land: Land,
    users: dict[str, User | None],
    city: Territory,
    authority: Organisation,
    association: Organisation,
    hidden: Organisation,
    things: dict[str, Any],
) -> World:
    things |= make_registry(city, users, association, hidden)
    partnership = PartnershipFactory(territory=city, authority=authority, partners=[association], title="Running")
    draft = PartnershipFactory(
        territory=city, authority=authority, partners=[association], state=PartnershipState.DRAFT, title="Drafted"
    )
    proposed = PartnershipFactory(
        territory=city, authority=authority, partners=[association], state=PartnershipState.PROPOSED, title="Proposed"
    )
    assessment = AssessmentFactory(partnership=partnership)
    claim = make_claim(city, authority, association, users)
    public = PartnershipFactory(territory=city, authority=authority, partners=[association], title="Settled")
    table = CoordinationTableFactory(territory=city, convenor=authority, name=f"Table of {city}")
    things |= {
        "activity": ActivityFactory(partnership=partnership, title="Briefing of the partners"),
        "document": make_document(partnership, title="Minutes for the parties"),
        "paper": make_document(partnership, title="Agreement for all", is_public=True),
        "public": public,
        "practice": PracticeFactory(name=f"Mediators of {city}"),
        **make_scales(city, users),
        "table": table,
        "meeting": Meeting.objects.create(table=table, held_on="2024-03-05", agenda="Housing"),
        **make_reports(land, users, authority, association, city),
    }
    return World(
        users, land, city, authority, association, hidden, partnership, draft, proposed, assessment, claim, things
    )


def make_users(
    city: Territory,
    authority: Organisation,
    association: Organisation,
    hidden: Organisation,
    foreign: Organisation,
    prefix: str = "",
) -> dict[str, User | None]:
    users: dict[str, User | None] = {"anonymous": None}
    for name in USERS[1:]:
        email = f"{prefix}{name.replace('_', '-')}@example.org"
        users[name] = UserFactory(email=email, name=f"{prefix}{name}", is_staff=name == "admin")
    for name, organisation, role in [
        ("owner", association, Role.OWNER),
        ("editor", association, Role.EDITOR),
        ("viewer", association, Role.VIEWER),
        ("partial", association, Role.VIEWER),
        ("other_owner", OrganisationFactory(published=True, name=f"Another association {prefix}"), Role.OWNER),
        ("officer", authority, Role.OFFICER),
        ("manager", authority, Role.MANAGER),
        ("steward", authority, Role.STEWARD),
        ("reader", authority, Role.VIEWER),
        ("foreign", foreign, Role.OFFICER),
        ("foreign", foreign, Role.STEWARD),
    ]:
        MembershipFactory(user=users[name], organisation=organisation, role=role)
    MembershipFactory(organisation=hidden)
    for name in ("reviewer", "partial"):
        ReviewerAppointmentFactory(user=users[name], territory=city)
    return users


def make_registry(
    city: Territory, users: dict[str, User | None], association: Organisation, hidden: Organisation
) -> dict[str, Any]:
    owner = users["owner"]
    assert owner is not None
    organisations.set_contact(
        organisation=hidden, name="Private person", email="private@example.org", phone="600 000 000", by=owner
    )
    capacity = Capacity.objects.create(organisation=association, side="need", kind="space")
    hall = OrganisationFactory(published=True, territory=city, name=f"Hall of {city}")
    counterpart = Capacity.objects.create(organisation=hall, side="offer", kind="space")
    invitation = members.invite_member(organisation=association, email="guest@example.org", role=Role.EDITOR, by=owner)
    administrator, now = administrator_of(users), timezone.now()
    to_review = members.invite_reviewer(email=f"guest-of-{city.pk}@example.org", territory=city, by=administrator)
    member = MembershipFactory(organisation=association, role=Role.OWNER)
    unclaimed = listing.list_organisation(
        name=f"Unclaimed group of {city}",
        kind="association",
        territory=city,
        email=f"unclaimed-{city.pk}@example.org",
        by=administrator,
    )
    outsider = users["outsider"]
    assert outsider is not None
    return {
        "measure": make_measure(city),
        "merge": make_merge(city, administrator),
        "unclaimed": unclaimed,
        "asked": listing.ask_to_join(organisation=unclaimed, said="I am the treasurer.", by=outsider),
        "asked_by_email": listing.ask_to_join_by_email(
            organisation=unclaimed,
            name="Guest",
            email=f"asks-{city.pk}@example.org",
            said="I sing there.",
            language="en",
        ),
        "asked_of_ours": listing.ask_to_join(organisation=association, said="I teach there.", by=UserFactory()),
        "remark": Remark.objects.create(
            page=association.get_absolute_url(),
            words="It has moved.",
            language="en",
            organisation=association,
            territory=city,
        ),
        "need": VoicedNeed.objects.create(territory=city, words="A place where children can sleep."),
        "capacity": capacity,
        "counterpart": counterpart,
        "match": make_match(association, hall),
        **make_support(association, hall, city),
        "affiliate": AffiliationFactory(parent=association, kind="branch", proposed=True),
        "affiliation": AffiliationFactory(organisation=association, parent=hall),
        "invitation": invitation,
        "to_review": to_review,
        "appointment": ReviewerAppointmentFactory(territory=city),
        "task": scheduled("send queued mail", "orgs.tasks.send_queued_mail"),
        "member": member,
        "service": ServiceFactory(organisation=association, title="Language café"),
        "opportunity": VolunteerOpportunity.objects.create(
            organisation=association, kind="regular", title="Conversation partner", email="partner@example.org"
        ),
        "service_type": ServiceTypeFactory(name="Conversation"),
        "unreachable": ServiceFactory(organisation=association, title="A plan", telephone=""),
        "verification": VerificationFactory(organisation=hidden),
        "own_verification": VerificationFactory(organisation=association),
        "change": ProposedChangeFactory(organisation=association),
        "reviewed": ReviewedProfile.objects.create(
            organisation=association,
            profile={"description": "As it was."},
            seen_by=administrator,
            unseen_since=now,
            changed_at=now,
        ),
        "registration": Registration.objects.create(),
        "places_file": make_places_file(city),
        "organisations_file": make_organisations_file(city),
        "organisations_mapping": OrganisationMapping.objects.get_or_create(
            name="Register", defaults={"definition": {}}
        )[0],
    }


def administrator_of(users: dict[str, User | None]) -> User:
    administrator = users["admin"]
    assert administrator is not None
    return administrator


def make_match(association: Organisation, hall: Organisation) -> CapacityMatch:
    """The hall offers what the association needs, and has asked."""
    need = Capacity.objects.create(organisation=association, side="need", kind="training")
    offer = Capacity.objects.create(organisation=hall, side="offer", kind="training")
    return CapacityMatch.objects.create(need=need, offer=offer, asked_by=hall, asker=UserFactory())


def make_support(association: Organisation, hall: Organisation, city: Territory) -> dict[str, Any]:
    """A group that is public and has asked the association; one that asks others; and an offer to the association."""
    group = OrganisationFactory(published=True, kind="informal_group", territory=city, name=f"Group of {city}")
    asker = MembershipFactory(organisation=group).user
    vouching = Vouching.objects.create(group=group, voucher=association, asked_by=asker, asked_at=timezone.now())
    offer = Sponsorship.objects.create(
        sponsor=hall, sponsored=association, gives="A room", from_day=timezone.localdate(), offered_by=UserFactory()
    )
    return {"group": group, "vouching": vouching, "sponsorship": offer}


def make_scales(city: Territory, users: dict[str, User | None]) -> dict[str, Any]:
    """The one that assessments use, and the draft of another."""
    used = current_scale()
    draft = scales.begin_version(scale=used, names={"name_en": f"Scale of {city}"}, by=administrator_of(users))
    criteria = Criterion.objects.filter(code="I1")
    return {
        "a_scale": used,
        "a_criterion": criteria.get(level__scale=used),
        "draft_scale": draft,
        "draft_criterion": criteria.get(level__scale=draft),
    }


def make_merge(city: Territory, administrator: User) -> OrganisationMerge:
    twins = [
        OrganisationFactory(published=True, territory=city, name=f"{name} of {city}") for name in ("Twin", "Double")
    ]
    return merging.merge_organisations(
        gone=twins[0], kept=twins[1], follow=merging.FOLLOW, reason="One house.", by=administrator
    )


def make_measure(city: Territory) -> Measure:
    """Of an organisation that is suspended by one reviewer and appeals to the others."""
    suspended = OrganisationFactory(published=True, territory=city, name=f"Suspended group of {city}")
    first = ReviewerAppointmentFactory(territory=city).user
    measure = measures.take_measure(organisation=suspended, kind="suspension", reasons="It asks for money.", by=first)
    return measures.appeal(measure=measure, text="It does not.", by=MembershipFactory(organisation=suspended).user)


def scheduled(name: str, task: str) -> PeriodicTask:
    """As beat stores it when it runs for the first time."""
    interval, _is_new = IntervalSchedule.objects.get_or_create(every=30, period="seconds")
    found, _is_new = PeriodicTask.objects.get_or_create(name=name, defaults={"task": task, "interval": interval})
    return found


def make_places_file(city: Territory) -> TerritoryImport:
    """Checked, with a place that is new."""
    content = f"code,name,kind,parent\n{city.code}-9,Ninth,neighbourhood,{city.code}\n"
    batch = territory_imports.receive_file(scheme=city.scheme, file=ContentFile(content.encode(), "ninth.csv"), by=None)
    return territory_imports.check_import(batch=batch, description=territory_imports.guess_of(batch), by=None)


def make_organisations_file(city: Territory) -> OrganisationImport:
    """Checked, with an organisation that is new and a row that is refused."""
    said = {
        "identifier": {"scheme": "GB-CHC", "column": "number"},
        "columns": {
            "name": "name",
            "kind": {"always": "association"},
            "territory": {"always": f"{city.scheme.code}:{city.code}"},
        },
    }
    by = UserFactory(is_staff=True)
    file = ContentFile(f"number,name\n{city.pk},From a file\n0,\n".encode(), "directory.csv")
    batch = organisation_imports.receive_file(file=file, mapping=said, by=by)
    return organisation_imports.check_import(batch=batch, by=by)


def make_claim(
    city: Territory, authority: Organisation, association: Organisation, users: dict[str, User | None]
) -> Assessment:
    """A claim before the reviewers, with a view of the association that nobody but the parties and reviewers may read."""
    partnership = PartnershipFactory(territory=city, authority=authority, partners=[association], title="Claimed")
    officer, owner = users["officer"], users["owner"]
    assert officer is not None
    assert owner is not None
    assessment = AssessmentFactory(partnership=partnership)
    briefing = ActivityFactory(
        partnership=partnership, languages="ca, es", decision_on=datetime.date(2025, 6, 1), title="Plan presented"
    )
    for code in ("I1", "I2"):
        assessments.put_forward_evidence(
            assessment=assessment, criterion=criterion_of(assessment, code), record=briefing, by=officer
        )
    party = partnership.parties.get(organisation=association)
    experience.give_experience(assessment=assessment, party=party, level=level("inform"), by=owner)
    return assessments.submit_assessment(assessment=assessment, claimed=level("inform"), by=officer)


def criterion_of(assessment: Assessment, code: str) -> Any:
    return assessment.scale.levels.get(criteria__code=code).criteria.get(code=code)


def make_figures(
    land: Land,
    users: dict[str, User | None],
    authority: Organisation,
    city: Territory,
    *,
    indicator: str,
    letter: str = "N",
    is_released: bool = False,
) -> dict[str, Any]:
    """An import in each state, and an indicator of the authority; with `is_released`, figures that are released, a release that was
    recalled, and one that waits for approval.
    """
    steward = users["steward"]
    assert steward is not None
    Indicator.objects.filter(code=indicator).update(owner=authority)
    mapping, _is_new = SavedMapping.objects.get_or_create(
        name="people of the test land", defaults={"definition": MAPPING}
    )
    places = [f"{letter}{number}" for number in range(1, 5)]

    def check(content: bytes, name: str) -> ImportBatch:
        file = SimpleUploadedFile(name, content)
        return imports.ingest(mapping=MAPPING, mapping_name=mapping.name, file=file, authority=authority, by=steward)

    def approve(content: bytes, name: str) -> ImportBatch:
        batch = imports.store_import(batch=check(content, name), by=steward)
        batch = imports.approve_import(batch=batch, by=steward)
        worker.roll_up()
        return batch

    of_years = table(
        *(
            (place, 2020 + year, sex, 100 * number + year)
            for number, place in enumerate(places, start=1)
            for year in range(3)
            for sex in ("women", "men")
        )
    )
    things: dict[str, Any] = {"approved": approve(of_years, "people.csv"), "owned": indicator, "mapping": mapping}
    if is_released:
        early = releases.publish_release(note="Too early")
        things["recalled"] = releases.recall_release(release=early, reason="It told of a family")
        things["published"] = releases.publish_release(note="First")
        approve(table((places[0], 2020, "women", 101)), "corrected.csv")
        things["previewed"] = releases.start_release(note="Second", by=steward)
    stored = imports.store_import(batch=check(table((places[0], 2023, "women", 7)), "stored.csv"), by=steward)
    return things | {
        "target": Target.objects.create(
            indicator=land.indicators["PEOPLE"],
            territory=city,
            baseline_year=2020,
            baseline_value=1,
            year=2030,
            value=2,
        ),
        "slice": Slice.objects.earliest("year"),
        "identity": Identity.objects.create(
            whole=Category.objects.get(dimension__code="age", code="Y15-29"),
            own_country_in=Dimension.objects.get(code="sex"),
        ),
        "stored": stored,
        "odd": imports.store_import(batch=check(table((places[3], 2025, "women", 7)), "odd.csv"), by=steward),
        "checked": check(table((places[1], 2023, "women", 8)), "checked.csv"),
        "described": imports.ingest(
            file=SimpleUploadedFile("described.csv", of_years), authority=authority, by=steward
        ),
        "refused": check(table(("N9", 2023, "women", "seven")), "refused.csv"),
    }


def make_reports(
    land: Land, users: dict[str, User | None], authority: Organisation, association: Organisation, city: Territory
) -> dict[str, Any]:
    """Two requests to the association: one that it has still to answer, one that it has answered."""
    owed, sent = (
        reports.ask_for_reports(
            authority=authority,
            organisations=[association],
            title=title,
            territory=city,
            indicators=[land.indicators["EVENTS"]],
            periods=[Period.objects.get(code=year)],
            due_on=timezone.localdate(),
            by=users["steward"],
        )
        for title, year in (("Incidents", "2021"), ("Earlier incidents", "2020"))
    )
    report = sent.reports.get()
    answers = {cell.key: Typed(number=Decimal(3)) for cell in reports.cells_of_request(sent)}
    reports.save_report(report=report, answers=answers, version=report.version, by=users["owner"])
    reports.submit_report(report=report, by=users["owner"])
    return {"request": owed, "owed": owed.reports.get(), "sent": report}
