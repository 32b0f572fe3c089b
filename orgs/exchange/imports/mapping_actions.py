"""What administrators do with the kept mappings of files of organisations. An import has its own copy, so that nothing of one changes."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from orgs.locks import RegistryLock, lock_until_commit, number_of
from orgs.models import OrganisationMapping, User
from orgs.permissions import is_administrator


@transaction.atomic
def rename_mapping(*, mapping: OrganisationMapping, name: str, by: User) -> OrganisationMapping:
    if not is_administrator(by):
        raise PermissionDenied
    lock_until_commit(RegistryLock.MAPPING_NAME, number_of(name))  # As whoever keeps a new one under this name.
    found = OrganisationMapping.objects.select_for_update().filter(pk=mapping.pk).first()
    if found is None:
        raise ValidationError(_("Somebody has deleted this mapping."))
    if OrganisationMapping.objects.filter(name=name).exclude(pk=found.pk).exists():
        raise ValidationError({"name": _("There is already a mapping with this name. Give this one another name.")})
    found.name = name
    found.save(update_fields=["name"])
    return found


@transaction.atomic
def delete_mapping(*, mapping: OrganisationMapping, by: User) -> None:
    if not is_administrator(by):
        raise PermissionDenied
    OrganisationMapping.objects.filter(pk=mapping.pk).delete()
