"""What administrators and the nightly check do about the rollup."""

from django.db import transaction
from django.utils import timezone

from indicators import emails
from indicators.locks import Lock
from indicators.models import DirtyMark, FigureAudit, FigureDifference, Slice
from indicators.rollup import worker
from orgs.locks import session_lock
from orgs.models import User
from orgs.queue import enqueue

ROLL_UP = "indicators.tasks.roll_up"
SLICES_AT_ONCE = 8


def audit_figures() -> FigureAudit | None:
    """Computes all figures from nothing and lists where the kept ones differ; None while another audit is at it.

    Stewards are told of differences, and what differs is marked for the rollup. No figure is changed here.
    """
    with session_lock(Lock.AUDIT) as is_free:
        if not is_free:
            return None
        audit = FigureAudit.objects.create()
        slices = list(Slice.objects.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(slices), SLICES_AT_ONCE):
            _audit_slices(audit, slices[start : start + SLICES_AT_ONCE])
        return _finish(audit)


def _audit_slices(audit: FigureAudit, slices: list[int]) -> None:
    compared, rows = worker.differences(slices)
    audit.slices += len(slices)
    audit.figures += compared
    kept = max(0, FigureDifference.MOST - audit.differences_count)
    audit.differences_count += len(rows)
    with transaction.atomic():
        FigureDifference.objects.bulk_create(
            FigureDifference(
                audit=audit,
                indicator_id=indicator,
                period_id=period,
                territory_id=territory,
                breakdown_id=breakdown,
                kept=before,
                recomputed=after,
            )
            for indicator, period, territory, breakdown, before, after in rows[:kept]
        )
        DirtyMark.objects.bulk_create(
            DirtyMark(indicator_id=indicator, period_id=period) for indicator, period in {row[:2] for row in rows}
        )
        audit.save()


@transaction.atomic
def _finish(audit: FigureAudit) -> FigureAudit:
    audit.finished_at = timezone.now()
    audit.save()
    if audit.differences_count:
        emails.email_differences(audit)
        enqueue(ROLL_UP)
    return audit


@transaction.atomic
def retry_slice(*, part: Slice, by: User) -> None:
    """Has a parked slice tried again. Harmless where it is not parked any more."""
    part = Slice.objects.select_for_update().get(pk=part.pk)
    if part.parked_at is not None:
        part.parked_at, part.attempts = None, 0
        part.save(update_fields=["parked_at", "attempts"])
        enqueue(ROLL_UP)
