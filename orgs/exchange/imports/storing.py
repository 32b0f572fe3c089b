"""What was planned is stored: some hundred organisations at a time."""

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from orgs.exchange.imports.facts import OF_SERVICE, PLAIN, facts_of, facts_of_service
from orgs.exchange.imports.planning import Changed, New, Portion, PortionPlanner, read_services, read_whole
from orgs.models import (
    ClosedDays,
    FieldOfWork,
    ImportedOrganisation,
    Listing,
    OpeningTime,
    Organisation,
    OrganisationImport,
    Service,
    User,
)
from orgs.organisations.actions import store_several

ROWS = 1000
Facts = dict[str, Any]


def store(batch: OrganisationImport, plan: Portion, planner: PortionPlanner, by: User) -> None:
    store_new(batch, plan.new, planner, by)
    store_changed(batch, plan.changed, planner)


def store_new(batch: OrganisationImport, new: list[New], planner: PortionPlanner, by: User) -> None:
    made = [
        Organisation(
            **{name: facts[name] for name in PLAIN if name in facts},
            identifiers=facts["identifiers"],
            territory_id=facts["territory"],
            is_listed=True,
        )
        for _entry, facts in new
    ]
    if not made:
        return
    store_several(made)
    said = [(one, facts) for one, (_entry, facts) in zip(made, new, strict=True)]
    put_places([(one, {"works_in": [one.territory_id], **facts}) for one, facts in said])
    put_domains(said, planner)
    put_services(said, planner)
    Listing.objects.bulk_create(
        [
            Listing(
                organisation_id=one.pk,
                listed_by=by,
                source=source_text(batch),
                notice_email=(entry.notice_email or one.public_email) if batch.writes_to_them else "",
            )
            for one, (entry, _facts) in zip(made, new, strict=True)
        ],
        batch_size=ROWS,
    )
    stored = stored_facts(made)
    ImportedOrganisation.objects.bulk_create(
        [
            ImportedOrganisation(batch=batch, organisation=one, line=entry.line, before=None, after=stored[one.pk])
            for one, (entry, _facts) in zip(made, new, strict=True)
        ],
        batch_size=ROWS,
    )


def stored_facts(organisations: Iterable[Organisation]) -> dict[int, Facts]:
    """As they are now: what the database makes of a fact itself is nobody's later change."""
    found = Organisation.objects.filter(pk__in=[one.pk for one in organisations])
    return {one.pk: facts_of(one) for one in read_whole(found)}


def source_text(batch: OrganisationImport) -> str:
    return ", ".join(filter(None, (batch.source_name or batch.file_name, batch.source_licence)))[:250]


def store_changed(batch: OrganisationImport, changed: list[Changed], planner: PortionPlanner) -> None:
    change((one.organisation, one.after) for one in changed)
    put_places([(one.organisation, one.after) for one in changed])
    put_domains([(one.organisation, one.after) for one in changed], planner)
    put_services([(one.organisation, one.after) for one in changed], planner)
    stored = stored_facts(one.organisation for one in changed)
    ImportedOrganisation.objects.bulk_create(
        [
            ImportedOrganisation(
                batch=batch,
                organisation=one.organisation,
                line=one.entry.line,
                before=one.before,
                after={fact: stored[one.organisation.pk][fact] for fact in one.after},
            )
            for one in changed
        ],
        batch_size=ROWS,
    )


def change(said: Iterable[tuple[Organisation, Facts]]) -> None:
    """The columns of the organisations themselves."""
    organisations = []
    for organisation, facts in said:
        for name in (*PLAIN, "identifiers"):
            if name in facts:
                setattr(organisation, name, facts[name])
        organisation.territory_id = facts.get("territory", organisation.territory_id)
        organisation.version += 1
        organisation.updated_at = timezone.now()
        organisations.append(organisation)
    Organisation.objects.bulk_update(
        organisations, [*PLAIN, "identifiers", "territory", "version", "updated_at"], batch_size=200
    )


def put_places(said: Iterable[tuple[Organisation, Facts]]) -> None:
    """Where it works, of those whose facts speak of it."""
    rows = Organisation.works_in.through._default_manager
    wanted = {(one.pk, place) for one, facts in said for place in facts.get("works_in", ())}
    spoken_of = [one.pk for one, facts in said if "works_in" in facts]
    standing = rows.filter(organisation__in=spoken_of).values_list("pk", "organisation", "territory")
    there = {(organisation, place): key for key, organisation, place in standing}
    rows.filter(pk__in=[key for pair, key in there.items() if pair not in wanted]).delete()
    rows.bulk_create(
        [rows.model(organisation_id=one, territory_id=place) for one, place in sorted(wanted - set(there))],
        batch_size=ROWS,
    )


def put_domains(said: Iterable[tuple[Organisation, Facts]], planner: PortionPlanner) -> None:
    """Those of the facts, where these speak of domains; one that is there already stays as it is."""
    wanted = {
        (one.pk, planner.domains[code].pk)
        for one, facts in said
        for code in facts.get("domains", ())
        if code in planner.domains
    }
    spoken_of = [one.pk for one, facts in said if "domains" in facts]
    standing = FieldOfWork.objects.filter(organisation__in=spoken_of).values_list("pk", "organisation", "domain")
    there = {(organisation, domain): key for key, organisation, domain in standing}
    FieldOfWork.objects.filter(pk__in=[key for pair, key in there.items() if pair not in wanted]).delete()
    FieldOfWork.objects.bulk_create(
        [FieldOfWork(organisation_id=one, domain_id=domain) for one, domain in sorted(wanted - set(there))],
        batch_size=ROWS,
    )


def put_services(said: Iterable[tuple[Organisation, Facts]], planner: PortionPlanner) -> None:
    """The same for services, known by their titles; of several with one title, the older one is the first of the facts."""
    wanted: dict[tuple[int, str], deque[Facts]] = defaultdict(deque)
    for one, facts in said:
        for service in facts.get("services", ()):
            if service.get("domain", planner.mapping.domain) in planner.domains:
                wanted[one.pk, service["title"]].append(service)
    spoken_of = [one.pk for one, facts in said if "services" in facts]
    there = read_services(Service.objects.filter(organisation__in=spoken_of))
    changed, gone, told = [], [], []
    for service in there:
        alike = wanted[service.organisation_id, service.title]
        if not alike:
            gone.append(service.pk)
        elif (facts := alike.popleft()) != facts_of_service(service):
            changed.append(as_said(service, facts, planner))
            told.append((service, facts))
    Service.objects.filter(pk__in=gone).delete()
    Service.objects.bulk_update(changed, [*OF_SERVICE, "type", "domain"], batch_size=200)
    new = [
        (as_said(Service(organisation_id=key), facts, planner), facts)
        for (key, _title), left in wanted.items()
        for facts in left
    ]
    Service.objects.bulk_create([service for service, _facts in new], batch_size=ROWS)
    told += new
    put_hours(told)
    put_areas(told)


def as_said(service: Service, facts: Facts, planner: PortionPlanner) -> Service:
    service.type = planner.types.get(facts.get("type", ""))
    service.domain = planner.domains[facts.get("domain", planner.mapping.domain)]
    for name in OF_SERVICE:
        if name in facts:
            setattr(service, name, facts[name])
    return service


def put_hours(told: list[tuple[Service, Facts]]) -> None:
    """When they are open and when not, of those whose facts speak of it."""
    for model, fact in ((OpeningTime, "week"), (ClosedDays, "closed")):
        spoken_of = [service.pk for service, facts in told if fact in facts]
        model._default_manager.filter(service__in=spoken_of).delete()
    OpeningTime.objects.bulk_create(
        [
            OpeningTime(service=service, weekdays=days.split(","), opens=opens, closes=closes)
            for service, facts in told
            for days, opens, closes in facts.get("week", ())
        ],
        batch_size=ROWS,
    )
    ClosedDays.objects.bulk_create(
        [
            ClosedDays(service=service, first=first, last=last)
            for service, facts in told
            for first, last in facts.get("closed", ())
        ],
        batch_size=ROWS,
    )


def put_areas(told: list[tuple[Service, Facts]]) -> None:
    """The places whose people they are for."""
    rows = Service.territories.through._default_manager
    rows.filter(service__in=[service.pk for service, facts in told if "territories" in facts]).delete()
    rows.bulk_create(
        [
            rows.model(service_id=service.pk, territory_id=place)
            for service, facts in told
            for place in facts.get("territories", ())
        ],
        batch_size=ROWS,
    )
