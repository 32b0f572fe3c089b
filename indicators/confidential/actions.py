"""Figures as they are before disclosure control: shown to those who may, for a reason, for a while, and on record."""

import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from indicators.models import Breakdown, ConfidentialAccess, ConfidentialViewing, ImportBatch, Indicator, Period
from indicators.permissions import can_see_confidential_figures, can_see_confidential_figures_of
from orgs.models import Territory, User

OPEN_FOR = datetime.timedelta(minutes=30)


@transaction.atomic
def open_confidential_figures(
    *, territory: Territory, indicator: Indicator, reason: str, by: User
) -> ConfidentialAccess:
    """Opens an indicator's figures of a territory and those below it to a person, for half an hour."""
    if not can_see_confidential_figures(by, territory):
        raise PermissionDenied
    return _opened(ConfidentialAccess(user=by, territory=territory, indicator=indicator), reason)


def use_confidential_access(
    *,
    territory: Territory,
    indicator: Indicator,
    period: Period | None = None,
    breakdown: Breakdown | None = None,
    by: User,
) -> ConfidentialAccess | None:
    """The access by which a person may see these confidential figures now, with this viewing written down; None where there is none.

    The right is asked again: who lost it sees nothing more.
    """
    if not can_see_confidential_figures(by, territory):
        return None
    access = ConfidentialAccess.objects.open_for(by, territory, indicator).order_by("-expires_at").first()
    if access is not None:
        ConfidentialViewing.objects.create(access=access, territory=territory, period=period, breakdown=breakdown)
    return access


@transaction.atomic
def open_confidential_figures_of(*, batch: ImportBatch, reason: str, by: User) -> ConfidentialAccess:
    """Opens what an import says, and what it is compared with, to a person, for half an hour."""
    if not can_see_confidential_figures_of(by, batch):
        raise PermissionDenied
    territory = batch.authority.territory if batch.authority else None
    return _opened(ConfidentialAccess(user=by, batch=batch, territory=territory), reason)


def use_confidential_access_of(*, batch: ImportBatch, by: User) -> ConfidentialAccess | None:
    """As `use_confidential_access`, to an import."""
    if not can_see_confidential_figures_of(by, batch):
        return None
    access = ConfidentialAccess.objects.open_now(by).filter(batch=batch).order_by("-expires_at").first()
    if access is not None:
        ConfidentialViewing.objects.create(access=access, territory=access.territory)
    return access


def may_read_file_of(*, batch: ImportBatch, by: User) -> bool:
    """What stands in it: whoever brought it in, and who gave a reason, with this viewing written down."""
    return batch.created_by_id == by.pk or use_confidential_access_of(batch=batch, by=by) is not None


def _opened(access: ConfidentialAccess, reason: str) -> ConfidentialAccess:
    access.reason, access.opened_at = " ".join(reason.split()), timezone.now()
    access.expires_at = access.opened_at + OPEN_FOR
    access.full_clean()
    access.save()
    return access
