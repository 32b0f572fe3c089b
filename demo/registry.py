"""The sample organisations: authorities admitted by the administrator, the others registered and verified as any other is."""

import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone

from demo.accounts import ACCOUNTS, People
from demo.calendar import day_or_none, morning
from demo.vocabulary import REGISTRY, read
from orgs.affiliations import actions as affiliations
from orgs.matching import capacities
from orgs.members import actions as members
from orgs.models import (
    Affiliation,
    Capacity,
    Domain,
    Membership,
    Organisation,
    Registration,
    ReviewedProfile,
    Service,
    ServiceType,
    Territory,
    User,
    Verification,
    VoicedNeed,
)
from orgs.needs import actions as needs
from orgs.organisations import actions as organisations_actions
from orgs.registration import actions as registration_actions
from orgs.services import actions as services
from orgs.services.actions import Hours
from orgs.services.hours import read_stretches
from orgs.verification import actions as verification_actions
from orgs.verification.checklist import CHECKLIST, LADDER, Answer
from orgs.verification.unreviewed import mark_seen
from orgs.vocabulary import Kind, Tier

Organisations = dict[str, Organisation]
Page = Registration.Page

ALIKE = [
    "name",
    "acronym",
    "kind",
    "marks",
    "founded_year",
]
LATER = [
    "names",
    "legal_form",
    "works_as",
    "size",
    "budget",
    "level_of_government",
    "website",
    "public_email",
    "public_phone",
    "address",
    "address_is_public",
]


class Places:
    """Territories, domains and types of service by what the files call them."""

    def __init__(self) -> None:
        territories = Territory.objects.select_related("scheme")
        self._territories = {(place.scheme.code, place.code): place for place in territories}
        self.domains = {domain.code: domain for domain in Domain.objects.all()}
        self.types = {one.code: one for one in ServiceType.objects.select_related("domain")}

    def territory(self, entry: dict[str, str]) -> Territory:
        return self._territories[entry["scheme"], entry["code"]]


def load(people: People) -> Organisations:
    """The organisations by their slug in the file."""
    places = Places()
    appoint(people, places)
    organisations = {}
    entries = read(REGISTRY / "demo_organisations.json")
    for number, entry in enumerate(entries):
        known = Organisation.objects.filter(name=entry["name"], is_sample=True).first()
        organisations[entry["slug"]] = known or found(entry, places, people, weeks_ago=132 - number)
    for entry in entries:
        if entry["networks"] and not organisations[entry["slug"]].affiliations.exists():
            join(
                organisations[entry["slug"]], [organisations[slug] for slug in entry["networks"]], people.administrator
            )
    give_parts(people, organisations)
    voice_needs(places)
    return organisations


VOICED = {"childcare": 6, "housing-advice": 9, "driving-licence": 4, "transport-card": 3}
"""How many residents of the city say that these are missing: made up, like all that is not a figure here."""


def voice_needs(places: Places) -> None:
    if VoicedNeed.objects.exists():
        return
    city = places.territory({"scheme": "barcelona", "code": "080193"})
    for code, number in VOICED.items():
        for _resident in range(number):
            needs.voice_need(service_type=places.types[code], territory=city)


def join(organisation: Organisation, networks: list[Organisation], by: User) -> None:
    """Said by the one, and confirmed by each of the others."""
    said = {Affiliation.Kind.MEMBER: networks}
    organisations_actions.update_organisation(organisation=organisation, affiliations=said, by=by)
    for affiliation in organisation.affiliations.questions().select_related("parent"):
        affiliations.answer_affiliation(affiliation=affiliation, is_accepted=True, by=leader_of(affiliation.parent))


def leader_of(organisation: Organisation) -> User:
    leading = organisation.memberships.active().filter(role__in=[Membership.Role.OWNER, Membership.Role.MANAGER])
    return leading.select_related("user").order_by("pk")[0].user


def found(entry: dict[str, Any], places: Places, people: People, weeks_ago: int) -> Organisation:
    contact = people.contact(entry)
    if entry["kind"] == Kind.AUTHORITY:
        organisation = admit(entry, places, people.administrator)
        members.add_member(
            organisation=organisation, user=contact, role=Membership.Role.MANAGER, by=people.administrator
        )
    else:
        organisation = register(entry, places, contact)
    # What an authority is known by is its administrator's to write: it is verified already, and its own people would only propose it.
    complete_profile(organisation, entry, places, people.administrator if organisation.is_authority else contact)
    mark_as_sample(organisation, people.administrator)
    give_parts(people, {entry["slug"]: organisation})  # Before the reviewer looks, who would find new owners else.
    if entry["kind"] != Kind.AUTHORITY:
        review(organisation, entry, people.reviewer)
    put_into_the_past(organisation, entry, weeks_ago)
    organisation.refresh_from_db()
    return organisation


def admit(entry: dict[str, Any], places: Places, by: User) -> Organisation:
    return organisations_actions.admit_organisation(
        **{name: entry[name] for name in ALIKE},
        level_of_government=entry["level_of_government"],
        territory=places.territory(entry["territory"]),
        met=[question.code for question in CHECKLIST],
        by=by,
    )


def register(entry: dict[str, Any], places: Places, contact: User) -> Organisation:
    """The three pages, the sending, and the confirmation of the address: what an organisation goes through."""
    person = entry["contact"]
    facts = {
        Page.WHO: {name: entry[name] for name in ALIKE},
        Page.WHERE: {
            "territory": places.territory(entry["territory"]).pk,
            "works_in": [places.territory(place).pk for place in entry["works_in"]],
            "domains": [places.domains[code].pk for code in entry["domains"]],
            "languages": entry["languages"],
            "description": entry["description"]["en"],
            "written_in": "en",
            "service_title": "",
            "service_contact": "",
            "service_type": None,
            "service_domain": None,
            "service_marks": [],
        },
        Page.CONTACT: {
            "contact_name": person["name"],
            "contact_role": person["role"],
            "email": person["email"],
            "phone": person["phone"],
            "email_is_public": False,
        },
    }
    registration = registration_actions.begin_registration(language="en", by=None)
    for page, said in facts.items():
        registration_actions.save_registration_page(registration=registration, page=page, typed={}, facts=said, by=None)
    registration = registration_actions.send_registration(registration=registration, by=None)
    return registration_actions.confirm_registration(
        registration=registration, email=contact.email, by=None
    ).organisation


def complete_profile(organisation: Organisation, entry: dict[str, Any], places: Places, by: User) -> None:
    person = entry["contact"]
    for service in entry["services"]:
        facts = {name: value for name, value in service.items() if name not in ("type", "confirmed_on", "week")}
        saved = services.save_service(
            service=Service(organisation=organisation, type=places.types[service["type"]], written_in="en", **facts),
            hours=Hours({day: read_stretches(times) for day, times in service.get("week", {}).items()}),
            by=by,
        )
        Service.objects.filter(pk=saved.pk).update(confirmed_on=day_or_none(service["confirmed_on"]))
    for capacity in entry["capacities"]:
        capacities.save_capacity(capacity=Capacity(organisation=organisation, written_in="en", **capacity), by=by)
    organisations_actions.set_contact(organisation=organisation, **person, by=by)
    organisations_actions.update_organisation(
        organisation=organisation,
        works_in=[places.territory(place) for place in entry["works_in"]],
        fields_of_work={places.domains[code]: entry["since"].get(code) for code in entry["domains"]},
        by=by,
        languages=entry["languages"],
        communities=entry["communities_of_origin"],
        description=entry["description"]["en"],
        written_in="en",
        **{name: entry[name] for name in LATER},
    )


def mark_as_sample(organisation: Organisation, by: User) -> None:
    organisations_actions.update_organisation(
        organisation=Organisation.objects.get(pk=organisation.pk), is_sample=True, by=by
    )


def review(organisation: Organisation, entry: dict[str, Any], reviewer: User) -> None:
    outcome, reasons = entry["verification"]["state"], entry["verification"]["reasons"]
    if outcome == Verification.State.SUBMITTED:
        return
    met: set[str] = set()
    for rung in LADDER:
        if outcome == Verification.State.RETURNED or list(Tier).index(Tier(rung.level)) > list(Tier).index(
            entry["tier"]
        ):
            break
        met.update(rung.criteria)
    verification_actions.decide_verification(
        verification=organisation.verifications.get(),
        outcome=outcome,
        answers={question.code: Answer(question.code in met) for question in CHECKLIST},
        reasons=reasons,
        by=reviewer,
    )


def put_into_the_past(organisation: Organisation, entry: dict[str, Any], weeks_ago: int) -> None:
    """As if the registry had grown over two years. Those that wait for a reviewer came in the last weeks."""
    state = entry["verification"]["state"]
    if state == Verification.State.SUBMITTED:
        weeks_ago = 1 + weeks_ago % 2
    elif state == Verification.State.RETURNED:
        weeks_ago = 3
    arrived = morning(timezone.localdate() - datetime.timedelta(weeks=weeks_ago))
    decided = arrived + datetime.timedelta(days=6)
    change(organisation, created_at=arrived)
    Organisation.objects.filter(pk=organisation.pk).exclude(tier="").update(verified_at=decided)
    for verification in organisation.verifications.all():
        is_decided = verification.decided_at is not None
        change(verification, submitted_at=arrived, **({"decided_at": decided} if is_decided else {}))


def change(row: Model, **values: Any) -> None:
    """Dates that actions set to now."""
    type(row)._default_manager.filter(pk=row.pk).update(**values)


def appoint(people: People, places: Places) -> None:
    for account in ACCOUNTS:
        user = people[account.email]
        if account.reviews and not user.reviewer_appointments.exists():
            scheme, code = account.reviews
            members.appoint_reviewer(
                user=user, territory=places.territory({"scheme": scheme, "code": code}), by=people.administrator
            )


def see_changes(people: People) -> None:
    """The reviewer has seen what was changed without review, but of one organisation, so that there is something to look at."""
    changed = ReviewedProfile.objects.changed().reviewable_by(people.reviewer).order_by("-changed_at", "-pk")
    for reviewed in changed[1:]:
        mark_seen(reviewed=reviewed, version=reviewed.version, by=people.reviewer)


def give_parts(people: People, organisations: Organisations) -> None:
    """The accounts that whoever tries the demo logs in with, in their organisations."""
    for account in ACCOUNTS:
        user = people[account.email]
        if account.organisation in organisations and not user.memberships.exists():
            members.add_member(
                organisation=organisations[account.organisation],
                user=user,
                role=account.membership,
                by=people.administrator,
            )
