"""What was planned is stored: some hundred organisations at a time."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from orgs.exchange.imports.facts import OF_SERVICE, PLAIN, facts_of
from orgs.exchange.imports.planning import Changed, New, Portion, PortionPlanner, read_whole
from orgs.models import (
    FieldOfWork,
    ImportedOrganisation,
    Listing,
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
    works_in = Organisation.works_in.through
    works_in._default_manager.bulk_create(
        [works_in(organisation_id=one.pk, territory_id=one.territory_id) for one in made], batch_size=ROWS
    )
    said = [(one, facts) for one, (_entry, facts) in zip(made, new, strict=True)]
    put_domains(said, planner)
    put_services(said, planner)
    Listing.objects.bulk_create(
        [Listing(organisation_id=one.pk, listed_by=by, source=source_text(batch)) for one in made], batch_size=ROWS
    )
    # As they are now: what the database makes of a fact itself is nobody's later change.
    stored = {one.pk: facts_of(one) for one in read_whole(Organisation.objects.filter(pk__in=[one.pk for one in made]))}
    ImportedOrganisation.objects.bulk_create(
        [
            ImportedOrganisation(batch=batch, organisation=one, line=entry.line, before=None, after=stored[one.pk])
            for one, (entry, _facts) in zip(made, new, strict=True)
        ],
        batch_size=ROWS,
    )


def source_text(batch: OrganisationImport) -> str:
    return ", ".join(filter(None, (batch.source_name or batch.file_name, batch.source_licence)))[:250]


def store_changed(batch: OrganisationImport, changed: list[Changed], planner: PortionPlanner) -> None:
    change((one.organisation, one.after) for one in changed)
    put_domains([(one.organisation, one.after) for one in changed], planner)
    put_services([(one.organisation, one.after) for one in changed], planner)
    ImportedOrganisation.objects.bulk_create(
        [
            ImportedOrganisation(
                batch=batch, organisation=one.organisation, line=one.entry.line, before=one.before, after=one.after
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


def put_domains(said: Iterable[tuple[Organisation, Facts]], planner: PortionPlanner) -> None:
    """In place of those that are there, where the facts speak of domains."""
    said = [(one, facts) for one, facts in said if "domains" in facts]
    FieldOfWork.objects.filter(organisation__in=[one.pk for one, _facts in said]).delete()
    FieldOfWork.objects.bulk_create(
        [
            FieldOfWork(organisation=one, domain=planner.domains[code])
            for one, facts in said
            for code in facts["domains"]
            if code in planner.domains
        ],
        batch_size=ROWS,
    )


def put_services(said: Iterable[tuple[Organisation, Facts]], planner: PortionPlanner) -> None:
    """The same for services."""
    said = [(one, facts) for one, facts in said if "services" in facts]
    Service.objects.filter(organisation__in=[one.pk for one, _facts in said]).delete()
    Service.objects.bulk_create(
        [
            Service(
                organisation=one,
                type=planner.types.get(service["type"]),
                domain=planner.domains[service["domain"]],
                **{name: service[name] for name in OF_SERVICE},
            )
            for one, facts in said
            for service in facts["services"]
            if service["domain"] in planner.domains
        ],
        batch_size=ROWS,
    )
