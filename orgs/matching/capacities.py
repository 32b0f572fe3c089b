"""What an organisation needs and offers, kept by its own people."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.models import Capacity, CapacityMatch, User
from orgs.models.capacity import CapacityMatchQuerySet


@transaction.atomic
def save_capacity(*, capacity: Capacity, by: User) -> Capacity:
    """Adds or changes one. What somebody has asked about or agreed to stays the need or the offer, and of the kind, that it is."""
    if capacity.pk:
        stored = Capacity.objects.select_for_update().get(pk=capacity.pk)
        is_another = (stored.side, stored.kind) != (capacity.side, capacity.kind)
        if is_another and of(stored).alive().exists():
            raise ValidationError({"kind": _("Somebody has asked about it, so it stays what it is. Add another one.")})
    capacity.full_clean()
    capacity.save()
    return capacity


@transaction.atomic
def remove_capacity(*, capacity: Capacity, by: User) -> None:
    """Off the list. What came of it stays told, on both sides; what is still open is answered, withdrawn or called off first."""
    capacity = Capacity.objects.select_for_update().get(pk=capacity.pk)
    if of(capacity).alive().exists():
        raise ValidationError(
            _("Somebody has asked about it. Answer, withdraw or call that off first: “Who could help whom” has it.")
        )
    if of(capacity).exists():
        Capacity.objects.filter(pk=capacity.pk).update(ended_on=timezone.localdate())
    else:
        capacity.delete()


def of(capacity: Capacity) -> CapacityMatchQuerySet:
    return CapacityMatch.objects.filter(Q(need=capacity) | Q(offer=capacity))
