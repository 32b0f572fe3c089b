"""What an organisation's people do with the opportunities that they offer to volunteers."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.models import User, VolunteerOpportunity


@transaction.atomic
def save_opportunity(*, opportunity: VolunteerOpportunity, by: User) -> VolunteerOpportunity:
    """Adds or changes one that has not ended. Where its organisation houses people the database keeps no more than the municipality."""
    if opportunity.pk:
        refuse_ended(locked(opportunity))
    opportunity.full_clean()
    opportunity.save()
    return opportunity


@transaction.atomic
def end_opportunity(
    *,
    opportunity: VolunteerOpportunity,
    ended_on: datetime.date,
    took_part: int | None = None,
    hours_given: int | None = None,
    outcome: str = "",
    by: User,
) -> VolunteerOpportunity:
    """Nobody is sought any more. Who took part, for how long, and what came of it can be left open."""
    opportunity = locked(opportunity)
    refuse_ended(opportunity)
    if ended_on > timezone.localdate():
        raise ValidationError({"ended_on": _("It ends on that day by itself. Come back then, or give an earlier day.")})
    if opportunity.from_day is not None and ended_on < opportunity.from_day:
        raise ValidationError({"ended_on": _("It had not begun by that day.")})
    opportunity.ended_on, opportunity.outcome = ended_on, outcome.strip()
    opportunity.took_part, opportunity.hours_given = took_part, hours_given
    opportunity.full_clean()
    opportunity.save()
    return opportunity


@transaction.atomic
def remove_opportunity(*, opportunity: VolunteerOpportunity, by: User) -> None:
    VolunteerOpportunity.objects.filter(pk=opportunity.pk).delete()


def locked(opportunity: VolunteerOpportunity) -> VolunteerOpportunity:
    return VolunteerOpportunity.objects.select_for_update().get(pk=opportunity.pk)


def refuse_ended(opportunity: VolunteerOpportunity) -> None:
    if opportunity.ended_on is not None:
        raise ValidationError(_("This has ended already, and what came of it was said."))
