"""What an organisation's people do with its services."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from orgs.mail.emails import write_to
from orgs.models import ClosedDays, OpeningTime, Organisation, Service, Territory, User
from orgs.models.services import HOLDS_FOR
from orgs.permissions import leaders_of

SALT = "still-right"
ANSWERED_WITHIN = datetime.timedelta(days=60)
"""For so long the address in the e-mail works."""
ASKED_AGAIN = datetime.timedelta(days=30)

Stretch = tuple[datetime.time, datetime.time]


@dataclass(frozen=True)
class Hours:
    """`week`: by weekday the stretches in which a service is open; `closed`: the first and last of the days on which it is not."""

    week: dict[str, list[Stretch]] = field(default_factory=dict)
    closed: list[tuple[datetime.date, datetime.date]] = field(default_factory=list)

    @classmethod
    def of(cls, service: Service) -> "Hours":
        week: dict[str, list[Stretch]] = {}
        for time in service.opening_times.all():
            for day in time.weekdays:
                week.setdefault(day, []).append((time.opens, time.closes))
        return cls(week, [(days.first, days.last) for days in service.closed_days.all()])

    def in_order(self) -> "Hours":
        return Hours({day: sorted(times) for day, times in self.week.items() if times}, sorted(self.closed))


@transaction.atomic
def save_service(
    *, service: Service, territories: Iterable[Territory] | None = None, hours: Hours | None = None, by: User
) -> Service:
    """Adds or changes a service. It counts as confirmed on that day, lies in the domain of its type, and is a shelter where that is one. With
    a shelter the database keeps no more than the municipality of its organisation. What is None stays as it is."""
    service.confirmed_on = timezone.localdate()
    if service.type is not None:
        service.domain = service.type.domain
        service.is_shelter = service.is_shelter or service.type.is_sheltering
    service.full_clean()
    service.save()
    if territories is not None:
        service.territories.set(territories)
    if hours is not None:
        set_hours(service, hours)
    return service


def set_hours(service: Service, hours: Hours) -> None:
    """One row for all days on which it opens and closes alike. The same hours once more are no change."""
    if hours.in_order() == Hours.of(service).in_order():
        return
    alike: dict[Stretch, list[str]] = {}
    for day, stretches in hours.week.items():
        for stretch in stretches:
            alike.setdefault(stretch, []).append(day)
    service.opening_times.all().delete()
    OpeningTime.objects.bulk_create(
        OpeningTime(service=service, weekdays=days, opens=opens, closes=closes)
        for (opens, closes), days in sorted(alike.items())
    )
    service.closed_days.all().delete()
    ClosedDays.objects.bulk_create(ClosedDays(service=service, first=first, last=last) for first, last in hours.closed)


@transaction.atomic
def remove_service(*, service: Service, by: User) -> None:
    Service.objects.filter(pk=service.pk).delete()


# --- Still right? -------------------------------------------------------------------------------------------------------


def due(on: datetime.date) -> Q:
    """What nobody has confirmed for a year."""
    return Q(confirmed_on__lt=on - HOLDS_FOR) | Q(confirmed_on=None)


@transaction.atomic
def ask_whether_still_right() -> int:
    """Writes to those who lead an organisation whose services nobody has confirmed for a year, once a month; the number of organisations."""
    today = timezone.localdate()
    asked_lately = Q(services__asked_on__gt=today - ASKED_AGAIN)
    organisations = (
        Organisation.objects.published()
        .filter(pk__in=Service.objects.filter(due(today)).values("organisation"))
        .exclude(pk__in=Organisation.objects.filter(asked_lately).values("pk"))
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    asked = 0
    for organisation in organisations:
        people = list(leaders_of(organisation))
        services = list(organisation.services.filter(due(today)))
        Service.objects.filter(pk__in=[service.pk for service in services]).update(asked_on=today)
        write_to(people, "services_still_right", {
            "organisation": organisation, "services": services, "token": token_of(organisation),
        })  # fmt: skip
        asked += bool(people)
    return asked


def token_of(organisation: Organisation) -> str:
    return signing.dumps(organisation.pk, salt=SALT)


def organisation_of(token: str) -> Organisation:
    """Raises `signing.BadSignature` for a token that was not made here or is too old, and Organisation.DoesNotExist."""
    return Organisation.objects.published().get(pk=signing.loads(token, salt=SALT, max_age=ANSWERED_WITHIN))


@transaction.atomic
def confirm_services(*, organisation: Organisation) -> int:
    """All of them are still right, as far as a year has passed since somebody said so; how many these are."""
    today = timezone.localdate()
    return organisation.services.filter(due(today)).update(confirmed_on=today)
