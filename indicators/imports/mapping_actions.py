"""What people do with the saved mappings of files of figures. An import has its own copy, so that nothing of one changes."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from indicators.locks import Lock
from indicators.models import SavedMapping
from indicators.permissions import can_import
from orgs.locks import lock_until_commit, number_of
from orgs.models import User
from orgs.permissions import is_administrator


@transaction.atomic
def rename_mapping(*, mapping: SavedMapping, name: str, by: User) -> SavedMapping:
    """From then on it is called so in every language: a title that it gave itself goes with the name that it had."""
    if not can_import(by):
        raise PermissionDenied
    lock_until_commit(Lock.MAPPING_NAME, number_of(name))  # As whoever saves a new one under this name.
    found = SavedMapping.objects.select_for_update().filter(pk=mapping.pk).first()
    if found is None:
        raise ValidationError(_("Somebody has deleted this mapping."))
    if name == found.title:
        return found
    if SavedMapping.objects.filter(name=name).exclude(pk=found.pk).exists():
        raise ValidationError({"name": _("There is already a mapping with this name. Give this one another name.")})
    found.name = name
    found.definition.pop("title", None)
    found.save(update_fields=["name", "definition"])
    return found


@transaction.atomic
def delete_mapping(*, mapping: SavedMapping, by: User) -> None:
    if not is_administrator(by):
        raise PermissionDenied
    SavedMapping.objects.filter(pk=mapping.pk).delete()
