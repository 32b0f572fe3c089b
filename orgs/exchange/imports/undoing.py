"""An import is undone: what it brought goes, what it changed is put back, and what others have done since stays as they left it."""

from typing import Any

from django.db.models import Model

from orgs.exchange.imports import storing
from orgs.exchange.imports.facts import facts_of, is_as_said
from orgs.exchange.imports.planning import PortionPlanner, read_whole
from orgs.exchange.imports.progress import note
from orgs.exchange.imports.storing import Facts
from orgs.models import ImportedOrganisation, Organisation, OrganisationImport, Territory
from orgs.permissions import is_unclaimed

BATCH = 500
BROUGHT = {
    "orgs.FieldOfWork.organisation",
    "orgs.Listing.organisation",
    "orgs.Service.organisation",
    "orgs.OrganisationIdentifier.organisation",
    "orgs.Organisation_works_in.organisation",
    "orgs.ImportedOrganisation.organisation",
    "orgs.OrganisationEvent.pgh_obj",
}
"""What an import brings with an organisation, and the history that the database writes: no sign that somebody uses it."""


def undo(batch: OrganisationImport, planner: PortionPlanner) -> list[Organisation]:
    """Those that stay, since somebody has claimed, changed or used them meanwhile."""
    left = []
    rows = list(batch.done.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(rows), BATCH):
        keys = rows[start : start + BATCH]
        done = list(ImportedOrganisation.objects.filter(pk__in=keys))
        locked = Organisation.objects.select_for_update(of=("self",)).order_by("pk")
        whole = read_whole(locked.filter(brought_in__in=keys))
        organisations = {one.pk: one for one in whole}
        for one in done:
            addresses = {each.title: each.address for each in organisations[one.organisation_id].services.all()}
            for facts in filter(None, (one.before, one.after)):
                complete(facts, addresses)
        left += take_away([(organisations[one.organisation_id], one) for one in done if one.before is None])
        left += put_back([(organisations[one.organisation_id], one) for one in done if one.before is not None], planner)
        note(start + len(keys))
    return left


def complete(facts: Facts, addresses: dict[str, str]) -> None:
    """Beside a shelter no address of a service was kept: it counts as it stands."""
    for service in facts.get("services", ()):
        service.setdefault("address", addresses.get(service["title"], ""))


def take_away(brought: list[tuple[Organisation, ImportedOrganisation]]) -> list[Organisation]:
    in_use = used([one.pk for one, _done in brought])
    untouched: list[Organisation] = []
    left: list[Organisation] = []
    for one, done in brought:
        standing = facts_of(one)
        is_as_it_came = all(is_as_said(standing, *said) for said in done.after.items())
        is_own = is_unclaimed(one) and not one.tier and one.pk not in in_use and is_as_it_came
        (untouched if is_own else left).append(one)
    Organisation.objects.filter(pk__in=[one.pk for one in untouched]).delete()
    return left


def put_back(changed: list[tuple[Organisation, ImportedOrganisation]], planner: PortionPlanner) -> list[Organisation]:
    """Fact by fact: one that is another by now stays."""
    left, before = [], []
    for one, done in changed:
        standing = facts_of(one)
        untouched = {fact for fact, value in done.after.items() if is_as_said(standing, fact, value)}
        if not is_unclaimed(one) or one.tier:
            untouched = set()
        if untouched != set(done.after):
            left.append(one)
        if untouched:
            before.append((one, {fact: value for fact, value in (done.before or {}).items() if fact in untouched}))
    before = in_places_that_stand(before)
    storing.change(before)
    storing.put_places(before)
    storing.put_domains(before, planner)
    storing.put_services(before, planner)
    return left


def in_places_that_stand(said: list[tuple[Organisation, Facts]]) -> list[tuple[Organisation, Facts]]:
    """Without the places that were deleted since: a fact that names none but these is not put back."""
    named = {place for _one, facts in said for place in places_in(facts)}
    standing = set(Territory.objects.filter(pk__in=named).values_list("pk", flat=True))
    return [(one, without_others(facts, standing)) for one, facts in said]


def places_in(facts: Facts) -> list[int]:
    areas = (place for service in facts.get("services", ()) for place in service.get("territories", ()))
    return [*facts.get("works_in", ()), *areas, *([facts["territory"]] if "territory" in facts else ())]


def without_others(facts: Facts, places: set[int]) -> Facts:
    found = dict(facts)
    if facts.get("territory") not in places:
        found.pop("territory", None)
    for fact in {"works_in", "territories"} & set(facts):
        found[fact] = [place for place in facts[fact] if place in places]
        if facts[fact] and not found[fact]:
            del found[fact]
    if "services" in facts:
        found["services"] = [without_others(service, places) for service in facts["services"]]
    return found


def used(keys: list[int]) -> set[int]:
    """Those of the organisations that any other row names, in whichever app."""
    found: set[int] = set()
    for model, field in naming_organisations():
        found |= set(model._base_manager.filter(**{f"{field}__in": keys}).values_list(field, flat=True))
    return found


def naming_organisations() -> list[tuple[type[Model], str]]:
    """Every model with a field for an organisation, and the field; through tables too."""
    found: list[tuple[type[Model], str]] = []
    for relation in Organisation._meta.get_fields(include_hidden=True):
        field: Any = getattr(relation, "field", None)
        if not relation.auto_created or relation.concrete or field is None or field.many_to_many:
            continue
        label = f"{field.model._meta.app_label}.{field.model._meta.object_name}.{field.name}"
        if label not in BROUGHT:
            found.append((field.model, field.name))
    return found
