"""What was done with sources and the standard list, also with what is there no more: added, changed, deleted, by whom, and from what to what."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language_info, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from indicators.models import Category, Dimension, Identity, Source
from orgs.models import Organisation, User

INSERTED, DELETED = "insert", "delete"
LABELS = {
    INSERTED: pgettext_lazy("what was done", "added"),
    "update": pgettext_lazy("what was done", "changed"),
    DELETED: pgettext_lazy("what was done", "deleted"),
}
NAMES = tuple(f"name_{code}" for code, _name in settings.LANGUAGES)
TIES = {"dimension": gettext_lazy("dimension"), "parent": gettext_lazy("Within the larger category")}
"""What the fields of a category that have no name of their own are called."""
MOST_BEFORE = 1000
"""Of what a page shows so many earlier events are read, to say what each changed."""


@dataclass(frozen=True)
class Kind:
    """One of the tables whose history is shown."""

    model: type[Model]
    fields: tuple[str, ...]

    @property
    def title(self) -> str:
        return capfirst(str(self.model._meta.verbose_name_plural))

    @property
    def events(self) -> QuerySet[Any]:
        """The newest first."""
        model = event_model(self.model)
        return model._default_manager.select_related("pgh_context").order_by("-pgh_id")


KINDS: Mapping[str, Kind] = {
    "sources": Kind(Source, ("name", "publisher", "licence", "url", "is_sample", "typed_by", "reported_to")),
    "dimensions": Kind(Dimension, ("code", *NAMES, "order", "is_sensitive")),
    "categories": Kind(
        Category,
        ("dimension", "parent", "code", *NAMES, "is_part", "is_beside", "order", "is_sensitive", "country_code"),
    ),
    "identities": Kind(Identity, ("whole", "own_country_in", "countries")),
}


@dataclass(frozen=True)
class Fact:
    """What a field said and says; `before` is "" where it is new, `after` where it is gone."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class ListChange:
    at: datetime.datetime
    by: User | None
    label: str | Promise
    """What was done."""
    name: str
    facts: list[Fact]


def event_model(model: type[Model]) -> Any:
    return apps.get_model(model._meta.app_label, f"{model.__name__}Event")


def changes_of(kind: Kind, events: Sequence[Any]) -> list[ListChange]:
    """Each of the events with what it changed; as many queries however many they are."""
    before = _before(kind, events)
    parts = _parts_of(events) if kind.model is Identity else {}
    known = Known.of([*events, *before.values()], kind, parts)
    people = User.objects.in_bulk({person for event in events if (person := _person_id(event)) is not None})
    return [
        ListChange(
            at=event.pgh_created_at,
            by=people.get(_person_id(event)),
            label=LABELS.get(event.pgh_label, event.pgh_label),
            name=known.name_of(kind, event),
            facts=_facts(kind, before.get(event.pgh_id), event, known, parts),
        )
        for event in events
    ]


def _before(kind: Kind, events: Sequence[Any]) -> dict[int, Any]:
    """{event: the one before it of the same thing}."""
    first = min((event.pgh_id for event in events), default=0)
    things = {event.id for event in events}
    earlier = kind.events.filter(id__in=things, pgh_id__lt=first)[:MOST_BEFORE] if things else []
    last: dict[int, Any] = {}
    found = {}
    for event in sorted([*events, *earlier], key=lambda one: one.pgh_id):
        if event.id in last:
            found[event.pgh_id] = last[event.id]
        last[event.id] = event
    return found


def _parts_of(events: Iterable[Any]) -> dict[int, set[int]]:
    """{identity: ids of the categories of which it was made}; of those from before this was kept, those of today."""
    ids = {event.id for event in events}
    found: dict[int, set[int]] = {pk: set() for pk in ids}
    kept = apps.get_model("indicators", "IdentityPartEvent")
    for rows in (kept.objects, Identity.parts.through.objects):
        for identity, category in rows.filter(identity_id__in=ids).values_list("identity_id", "category_id"):
            found[identity].add(category)
    return found


@dataclass(frozen=True)
class Known:
    """The names of what events refer to, also of what was deleted since."""

    dimensions: Mapping[int, str]
    categories: Mapping[int, str]
    organisations: Mapping[int, str]

    @classmethod
    def of(cls, events: Iterable[Any], kind: Kind, parts: Mapping[int, set[int]]) -> "Known":
        dimensions: set[int] = set()
        organisations: set[int] = set()
        categories = {pk for each in parts.values() for pk in each}
        for event in events:
            if kind.model is Category:
                dimensions.add(event.dimension_id)
                categories |= {event.parent_id} - {None}
            elif kind.model is Identity:
                categories.add(event.whole_id)
                dimensions |= {event.own_country_in_id} - {None}
            elif kind.model is Source:
                organisations |= {event.typed_by_id, event.reported_to_id} - {None}
        named = {one.pk: one.name for one in Organisation.objects.filter(pk__in=organisations)} if organisations else {}
        return cls(names_of(Dimension, dimensions), names_of(Category, categories), named)

    def name_of(self, kind: Kind, event: Any) -> str:
        return self.categories.get(event.whole_id, "–") if kind.model is Identity else str(event.name)

    def of_field(self, name: str, pk: int) -> str:
        if name in ("typed_by", "reported_to"):
            return self.organisations.get(pk, "–")
        known = self.dimensions if name in ("dimension", "own_country_in") else self.categories
        return known.get(pk, "–")


def names_of(model: type[Model], ids: set[int]) -> dict[int, str]:
    """What they are called, or were when they were deleted."""
    found = {row.pk: str(row) for row in model._default_manager.filter(pk__in=ids)}
    gone = ids - found.keys()
    if gone:
        last = event_model(model)._default_manager.filter(id__in=gone).order_by("pgh_id")
        found |= {event.id: str(event.name) for event in last}
    return found


def _facts(kind: Kind, before: Any, event: Any, known: Known, parts: Mapping[int, set[int]]) -> list[Fact]:
    """What differs; of what is new or gone all that it said."""
    old = None if event.pgh_label == INSERTED else event if event.pgh_label == DELETED else before
    new = None if event.pgh_label == DELETED else event
    said = [
        (label_of(kind, name), _shown(old, name, known), _shown(new, name, known))
        for name in kind.fields
        if old is None or new is None or getattr(old, _column(kind, name)) != getattr(new, _column(kind, name))
    ]
    if kind.model is Identity:
        made_of = ", ".join(sorted(known.categories.get(pk, "–") for pk in parts[event.id]))
        said.append((_("Made of"), "" if old is None else made_of, "" if new is None else made_of))
    return [Fact(label, before, after) for label, before, after in said if before or after]


def label_of(kind: Kind, name: str) -> str:
    if name in NAMES:
        return _("Name in %(language)s") % {
            "language": get_language_info(name.removeprefix("name_"))["name_translated"]
        }
    return capfirst(str(TIES.get(name) or kind.model._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _column(kind: Kind, name: str) -> str:
    return str(kind.model._meta.get_field(name).attname)  # type: ignore[union-attr]


def _shown(event: Any, name: str, known: Known) -> str:
    """The value of a field as a person reads it; "" where there is none."""
    if event is None:
        return ""
    field = event._meta.get_field(name)
    value = getattr(event, field.attname)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.is_relation:
        return known.of_field(name, value) if value is not None else ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _person_id(event: Any) -> int | None:
    return event.pgh_context.metadata.get("user") if event.pgh_context else None
