"""The types of service, as administrators keep them. What came with the software and was changed here stays as it was changed."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.domains.actions import refuse_others
from orgs.models import ServiceType, ServiceTypeWord, User
from orgs.services.finding import words_of


@transaction.atomic
def save_service_type(*, service_type: ServiceType, synonyms: Mapping[str, Sequence[str]], by: User) -> ServiceType:
    """Adds or changes one: from now on it is found by its names and these `synonyms` in each language. Where people are sheltered by it, so
    they are by each service that has it: of where the organisation is the database then keeps the municipality alone."""
    refuse_others(by)
    service_type.full_clean()
    service_type.save()
    service_type.words.filter(language__in=synonyms).delete()
    names = {code: getattr(service_type, f"name_{code}") for code, _name in settings.LANGUAGES}
    ServiceTypeWord.objects.bulk_create(
        word
        for language, texts in synonyms.items()
        for word in words_of(service_type.pk, language, filter(None, [names.get(language), *texts]))
    )
    if service_type.is_sheltering:
        service_type.services.filter(is_shelter=False).update(is_shelter=True, address="")
    return service_type


@transaction.atomic
def retire_service_type(*, service_type: ServiceType, by: User) -> None:
    """Nobody chooses it any more. The services that have it keep it, and are found by it."""
    refuse_others(by)
    stored = ServiceType.objects.select_for_update().get(pk=service_type.pk)
    if stored.retired_on is not None:
        raise ValidationError(_("It is retired already."))
    stored.retired_on = timezone.localdate()
    stored.save(update_fields=["retired_on"])


def restore_service_type(*, service_type: ServiceType, by: User) -> None:
    refuse_others(by)
    ServiceType.objects.filter(pk=service_type.pk).update(retired_on=None)


def is_used(service_type: ServiceType) -> bool:
    """By a service, or by somebody who said that one is missing."""
    return service_type.services.exists() or service_type.voiced_needs.exists()


@transaction.atomic
def delete_service_type(*, service_type: ServiceType, by: User) -> None:
    """Only as long as nothing refers to it."""
    refuse_others(by)
    ServiceType.objects.select_for_update().get(pk=service_type.pk)
    if is_used(service_type):
        raise ValidationError(_("It is still used, so it cannot be deleted."))
    service_type.delete()
