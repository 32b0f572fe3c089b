"""Residents and organisations say which services are missing; a reviewer reads what they add in their own words."""

import datetime
import hashlib
import secrets
from typing import Any

from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.models import Organisation, ServiceType, Territory, User, VoicedNeed

SALT = "salt_of_voiced_needs"


@transaction.atomic
def voice_need(
    *,
    service_type: ServiceType | None,
    territory: Territory,
    language: str = "",
    target_group: str = "",
    words: str = "",
    organisation: Organisation | None = None,
    connection_from: str = "",
) -> VoicedNeed | None:
    """Counts at once where all of it is a code, and after a reviewer has read it where it has words.

    None where the same was said from the same connection on that day, or by the organisation in that month: it counts once.
    """
    said = [service_type.pk if service_type else words.strip(), territory.pk]
    sign = sign_of(said, organisation, connection_from)
    if sign and VoicedNeed.objects.filter(sign=sign).exists():
        return None
    need = VoicedNeed(
        type=service_type,
        territory=territory,
        language=language,
        target_group=target_group,
        words=words.strip(),
        organisation=organisation,
        sign=sign,
    )
    need.full_clean()
    need.save()
    return need


def sign_of(said: list[Any], organisation: Organisation | None, connection_from: str) -> str:
    """The salt of a day is made by chance and forgotten after it, so that no sign leads back to an address."""
    today = timezone.localdate()
    if organisation is not None:
        return digest_of("organisation", organisation.pk, f"{today:%Y-%m}", *said)
    if not connection_from:
        return ""
    return digest_of(salt_of(today), connection_from, *said)


def salt_of(day: datetime.date) -> str:
    """That of the next day is written over it."""
    known = cache.get(SALT)
    if known is None or known[0] != day:
        known = (day, secrets.token_hex(16))
        cache.set(SALT, known, 24 * 3600)
    return str(known[1])


def digest_of(*parts: Any) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


@transaction.atomic
def forget_unread_words(*, now: datetime.datetime) -> int:
    """Nobody's words wait for ever: what nobody has read goes after `VoicedNeed.DAYS_KEPT` days. What was said in codes stays and counts."""
    unread = VoicedNeed.objects.unread_since(now - datetime.timedelta(days=VoicedNeed.DAYS_KEPT))
    emptied = unread.exclude(type=None).update(words="")
    deleted, _rows = unread.delete()
    return emptied + deleted


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
