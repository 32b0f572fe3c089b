from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from orgs.models import User
from partnerships.agreements.actions import refuse_unless
from partnerships.assessments.actions import locked_assessment
from partnerships.models import Assessment, Experience, ExperienceLevel, Level, PartnershipParty
from partnerships.permissions import can_give_experience
from partnerships.vocabulary import AssessmentState, PartyAnswer


@transaction.atomic
def give_experience(
    *,
    assessment: Assessment,
    party: PartnershipParty,
    level: Level,
    stage_levels: Mapping[str, Level] | None = None,
    comment: str = "",
    by: User,
) -> Experience:
    """A partner's own view of the period. It can be given and changed until a level is confirmed; the authority reads
    it once its own claim is in.
    """
    assessment = locked_assessment(assessment)
    party = PartnershipParty.objects.select_related("organisation").get(pk=party.pk)
    refuse_unless(
        party.partnership_id == assessment.partnership_id, _("This organisation is not a party of the partnership.")
    )
    refuse_unless(party.answer == PartyAnswer.CONFIRMED, _("Say first whether the partnership is right."))
    refuse_unless(can_give_experience(by, party), _("Only the organisation itself can give its view."))
    refuse_unless(
        assessment.state != AssessmentState.CONFIRMED,
        _("The level of this period has been confirmed. Views are closed."),
    )
    stage_levels = stage_levels or {}
    if any(given.scale_id != assessment.scale_id for given in [level, *stage_levels.values()]):
        raise ValidationError(_("This level belongs to another scale."))
    experience, _created = Experience.objects.update_or_create(
        assessment=assessment, party=party, defaults={"level": level, "comment": comment, "given_by": by}
    )
    ExperienceLevel.objects.filter(experience=experience).delete()
    for stage, stage_level in stage_levels.items():
        ExperienceLevel.objects.create(experience=experience, stage=stage, level=stage_level)
    return experience
