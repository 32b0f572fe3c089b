import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.models import Organisation, Territory, User
from orgs.naming import slug_for
from partnerships.agreements.actions import refuse_place_elsewhere, refuse_unless
from partnerships.models import CoordinationTable, Meeting, Seat


@transaction.atomic
def found_table(
    *,
    name: str,
    territory: Territory,
    convenor: Organisation,
    mandate: str = "",
    founded_on: datetime.date | None = None,
    parent: CoordinationTable | None = None,
    is_sample: bool = False,
    by: User,
) -> CoordinationTable:
    """A standing table, chaired by the authority that convenes it until somebody else is."""
    refuse_unless(convenor.is_authority, _("A coordination table is convened by an authority."))
    refuse_place_elsewhere(convenor, territory)
    slug = slug_for(f"{name} {territory.name}", otherwise="")
    refuse_unless(bool(slug), _("The name needs at least one letter."))
    refuse_unless(
        not CoordinationTable.objects.filter(slug=slug).exists(), _("There is already a table of that name there.")
    )
    table = CoordinationTable(
        slug=slug,
        name=name,
        territory=territory,
        convenor=convenor,
        mandate=mandate,
        founded_on=founded_on,
        parent=parent,
        is_sample=is_sample,
    )
    table.full_clean()
    table.save()
    Seat.objects.create(table=table, organisation=convenor, is_chair=True)
    return table


@transaction.atomic
def give_seat(*, table: CoordinationTable, organisation: Organisation, is_chair: bool = False, by: User) -> Seat:
    refuse_unless(organisation.is_verified, _("Only a verified organisation can be given a seat."))
    seat = Seat(table=table, organisation=organisation, is_chair=is_chair)
    seat.full_clean()
    seat.save()
    return seat


@transaction.atomic
def hold_meeting(
    *, table: CoordinationTable, held_on: datetime.date, agenda: str = "", minutes: str = "", by: User
) -> Meeting:
    """A session of the table, announced with its agenda or told by its minutes. The same day again adds what was not there yet, and
    changes nothing of what was.
    """
    CoordinationTable.objects.select_for_update().get(pk=table.pk)
    meeting = Meeting.objects.filter(table=table, held_on=held_on).first() or Meeting(table=table, held_on=held_on)
    said = {"agenda": agenda.strip(), "minutes": minutes.strip()}
    for name, text in said.items():
        before = getattr(meeting, name)
        if text and before and text != before:
            raise ValidationError(
                {name: _("The meeting on that day already has this. Change it on the page of the table.")}
            )
        setattr(meeting, name, before or text)
    if meeting.pk:
        meeting.version += 1
    return revise_meeting(meeting=meeting, by=by)


@transaction.atomic
def revise_meeting(*, meeting: Meeting, by: User) -> Meeting:
    """Stores what the meeting carries; what stood there before stays in its history."""
    refuse_unless(
        not meeting.minutes or meeting.held_on <= timezone.localdate(),
        _("A meeting that has not been held yet has no minutes."),
    )
    meeting.full_clean()
    meeting.save()
    return meeting
