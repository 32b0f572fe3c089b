"""Residents and organisations say which services are missing; a reviewer reads what they add in their own words."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from orgs.models import Organisation, ServiceType, Territory, User, VoicedNeed


@transaction.atomic
def voice_need(
    *,
    service_type: ServiceType | None,
    territory: Territory,
    language: str = "",
    target_group: str = "",
    words: str = "",
    organisation: Organisation | None = None,
) -> VoicedNeed:
    """Counts at once where all of it is a code, and after a reviewer has read it where it has words."""
    need = VoicedNeed(
        type=service_type,
        territory=territory,
        language=language,
        target_group=target_group,
        words=words.strip(),
        organisation=organisation,
    )
    need.full_clean()
    need.save()
    return need


@transaction.atomic
def read_need(*, need: VoicedNeed, service_type: ServiceType | None, by: User) -> None:
    """What was said in words becomes a type of the list, or nothing at all; the words are deleted either way."""
    if not VoicedNeed.objects.visible_to(by).filter(pk=need.pk).exists():
        raise PermissionDenied
    need = VoicedNeed.objects.select_for_update(of=("self",)).get(pk=need.pk)
    if not need.words:
        raise ValidationError(_("Somebody has read this already."))
    if service_type is None:
        need.delete()
        return
    need.type, need.words, need.read_by = service_type, "", by
    need.full_clean()
    need.save()
