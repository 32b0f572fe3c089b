"""What a proposed change would change, and what has changed since somebody looked, in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from orgs.drawing.own_words import own_words
from orgs.languages import country_name, language_label, name_for_reader
from orgs.models import (
    Capacity,
    Domain,
    Organisation,
    ProposedChange,
    Service,
    ServiceType,
    Territory,
    User,
    VolunteerOpportunity,
)
from orgs.models.proposal import CONTACT
from orgs.registers import register_label
from orgs.vocabulary import Kind, Weekday

NOTHING = "–"


def fact_label(fact: str) -> Any:
    if fact == CONTACT:
        return _("private contact")
    return LABELS[fact] if fact in LABELS else Organisation._meta.get_field(fact).verbose_name  # type: ignore[union-attr]


def differences(change: ProposedChange, *, shows_address: bool = True) -> list[dict[str, Any]]:
    """Fact by fact, in words. Who may not see the address of today sees no other one either."""
    return [
        {"label": capfirst(fact_label(fact)), **words_of_both(change, fact, before, after)}
        for fact, (before, after) in change.facts.items()
        if shows_address or fact != "address"
    ]


def words_of_both(change: ProposedChange, fact: str, before: Any, after: Any) -> dict[str, str]:
    """Of where a shelter was, and of whoever stood behind an organisation, what was decided is forgotten."""
    is_decided = change.state != ProposedChange.State.OPEN
    if before is after is None or (fact == CONTACT and is_decided):
        return {"before": str(_("no longer kept")), "now": str(_("no longer kept"))}
    if fact == CONTACT:
        return contact_words(change)
    return {"before": fact_words(fact, before), "now": fact_words(fact, after)}


def contact_words(change: ProposedChange) -> dict[str, str]:
    contacts = list(change.organisation.contacts.all())
    return {
        side: readable([contact.in_one_line for contact in contacts if contact.is_proposed == is_proposed])
        for side, is_proposed in (("before", False), ("now", True))
    }


def fact_words(fact: str, value: Any) -> str:
    """What people wrote is marked as theirs."""
    if fact == "territory":
        place = Territory.objects.with_path().filter(pk=value).first()
        return str(place.label) if place else NOTHING
    if fact == "identifiers":
        return (
            format_html_join(" · ", "{}: {}", ((register_label(one), own_words(code)) for one, code in value.items()))
            or NOTHING
        )
    return capfirst(str(Kind(value).label)) if fact == "kind" else readable(value)


def readable(value: Any) -> str:
    if isinstance(value, list):
        return format_html_join(", ", "{}", ((item,) for item in value)) or NOTHING
    if isinstance(value, dict):
        said = ((name_for_reader(code), own_words(text, code)) for code, text in value.items())
        return format_html_join(" · ", "{}: {}", said) or NOTHING
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return own_words(value) if value not in (None, "") else NOTHING


# --- Between two profiles -----------------------------------------------------------------------------------------------------


class Difference(NamedTuple):
    label: str | Promise
    before: str | None
    """None where only that it changed was kept, as of a private contact."""
    now: str | None


ITEMS: Mapping[str, type[Model]] = {
    "services": Service,
    "capacities": Capacity,
    "volunteer_opportunities": VolunteerOpportunity,
}
"""What a profile has several of, by key."""
LABELS: Mapping[str, Any] = {
    "territory": _("based in"),
    "domains": _("domains"),
    "branch_of": _("local branch of"),
    "networks": _("member of"),
    "leaders": _("people who lead it"),
    "contact": _("private contact"),
    "opening_times": _("opening times"),
    "closed_days": _("closed days"),
    "territories": _("only for people of these places"),
}
NAMES: Mapping[str, Any] = {"languages": language_label, "communities": country_name, "written_in": name_for_reader}


def profile_differences(
    pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
) -> list[list[Difference]]:
    """Of profiles before and now (`orgs.verification.profiles`), pair by pair; the same number of queries for one and for many."""
    known = NamesInProfiles(profile for pair in pairs for profile in pair)
    return [
        [
            difference
            for fact, value in now.items()
            if fact in before and before[fact] != value
            for difference in known.differences_of(fact, before[fact], value)
        ]
        for before, now in pairs
    ]


class NamesInProfiles:
    """The names of people, types and domains that profiles keep by their keys."""

    def __init__(self, profiles: Iterable[Mapping[str, Any]]) -> None:
        people = {person for profile in profiles for person in profile.get("leaders", [])}
        self.people = dict(User.objects.filter(pk__in=people).values_list("pk", "name")) if people else {}
        self.codes: dict[str, dict[str, Any]] = {
            "type": ServiceType.objects.in_bulk(field_name="code"),
            "domain": {domain.code: domain for domain in Domain.objects.all()},
        }

    def differences_of(self, fact: str, before: Any, now: Any) -> list[Difference]:
        if fact in ITEMS:
            return self.differences_of_items(ITEMS[fact], before if isinstance(before, dict) else {}, now)
        label = capfirst(label_of(Organisation, fact))
        if fact == "contact":
            return [Difference(label, None, None)]
        return [Difference(label, self.words(Organisation, fact, before), self.words(Organisation, fact, now))]

    def differences_of_items(
        self, model: type[Model], before: Mapping[str, Any], now: Mapping[str, Any]
    ) -> list[Difference]:
        found = []
        for key in [*before, *(key for key in now if key not in before)]:
            old, new = before.get(key), now.get(key)
            if old == new:
                continue
            if old is None or new is None:
                label = capfirst(str(model._meta.verbose_name))
                found.append(Difference(label, self.all_of(model, old), self.all_of(model, new)))
                continue
            found += [
                Difference(
                    format_html("{} · {}", self.title(model, new), label_of(model, fact)),
                    self.words(model, fact, old[fact]),
                    self.words(model, fact, value),
                )
                for fact, value in new.items()
                if fact in old and old[fact] != value
            ]
        return found

    def title(self, model: type[Model], facts: Mapping[str, Any]) -> str:
        if model is Capacity:
            return capfirst(f"{self.words(model, 'side', facts['side'])}: {self.words(model, 'kind', facts['kind'])}")
        return own_words(facts["title"], facts.get("written_in") or "")

    def all_of(self, model: type[Model], facts: Mapping[str, Any] | None) -> str:
        """Its title, and whatever it says beside."""
        if facts is None:
            return NOTHING
        named = {"side", "kind"} if model is Capacity else {"title"}
        said = [
            format_html("{}: {}", label_of(model, fact), self.words(model, fact, value))
            for fact, value in facts.items()
            if value and fact not in named
        ]
        return format_html_join(" · ", "{}", ((part,) for part in [self.title(model, facts), *said]))

    def words(self, model: type[Model], fact: str, value: Any) -> str:
        if fact == "leaders":
            return readable([self.people.get(person, str(_("somebody"))) for person in value or []])
        if fact in self.codes:
            return str(self.codes[fact].get(value) or NOTHING)
        if fact == "domains":
            return readable([self.domain_words(code) for code in value or []])
        if fact == "identifiers":
            return fact_words(fact, value or {})
        if isinstance(value, list):
            return readable([item_words(model, fact, item) for item in value])
        return item_words(model, fact, value)

    def domain_words(self, said: str) -> str:
        code, _space, year = said.partition(" ")
        return f"{self.codes['domain'].get(code, code)} {year and f'({year})'}".strip()


def label_of(model: type[Model], fact: str) -> str:
    if fact in LABELS and not (fact == "territory" and model is not Organisation):
        return str(LABELS[fact])
    return str(getattr(model._meta.get_field(fact), "verbose_name", fact))


def item_words(model: type[Model], fact: str, value: Any) -> str:
    """One value, by the choices of its field."""
    if fact == "opening_times":
        days, _space, hours = value.partition(" ")
        return f"{', '.join(str(Weekday(day).label) for day in days.split(','))} {hours}"
    if isinstance(value, dict):
        return readable(value)
    if fact in NAMES and value:
        return str(NAMES[fact](value))
    try:
        field: Any = model._meta.get_field(fact)
    except FieldDoesNotExist:
        return readable(value)
    choices = dict((field.base_field if isinstance(field, ArrayField) else field).choices or ())
    if value in choices:
        return capfirst(str(choices[value]))
    day = parse_date(value) if isinstance(value, str) and field.get_internal_type() == "DateField" else None
    return date_format(day, "DATE_FORMAT") if day else readable(value)
