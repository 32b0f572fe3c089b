from django.core.exceptions import PermissionDenied
from django.db import transaction

from orgs import installation
from orgs.models import Portal, User
from orgs.permissions import is_administrator


@transaction.atomic
def update_portal(*, portal: Portal, by: User) -> Portal:
    """Every page says so from now on: here at once, in other processes within seconds, on kept pages with the next look."""
    if not is_administrator(by):
        raise PermissionDenied
    # By the lock a second one waits for the first; the version is what other processes look at, so that it never stays.
    version = Portal.objects.select_for_update().values_list("version", flat=True).get(pk=portal.pk)
    portal.version = version + 1
    portal.full_clean()
    portal.save()
    installation.forget()
    transaction.on_commit(installation.forget)  # Somebody may have read the row as it was, meanwhile.
    return portal
