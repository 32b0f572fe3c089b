"""Figures that somebody types: a draft, then a batch like any other."""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from indicators.locks import Lock
from indicators.models import ImportBatch
from indicators.permissions import keeps_figures_of
from indicators.quality import checks
from indicators.reports.cells import (
    Answers,
    ReportCell,
    approved,
    pending,
    refuse_faults,
    with_breakdowns,
    write_observations,
)
from indicators.sources.actions import source_of_typed
from indicators.vocabulary import Status
from orgs.locks import lock_until_commit
from orgs.models import Organisation, User
from orgs.models.reach import places_of_figures


def signature(cells: Iterable[ReportCell]) -> str:
    """What stands in the cells now; another value, or another draft, gives another."""
    cells = list(cells)
    rows = [row.pk for found in (approved(cells), pending(cells)) for row in found.values()]
    return hashlib.sha256(",".join(map(str, sorted(rows))).encode()).hexdigest()[:16]


def draft_of(authority: Organisation, choice: dict[str, Any]) -> ImportBatch | None:
    """The table that was begun for the same cells, whoever began it and by whatever address."""
    same = {name: value for name, value in choice.items() if name != "address"}
    drafts = ImportBatch.objects.filter(kind=ImportBatch.Kind.ENTRY, state=ImportBatch.State.DRAFT, authority=authority)
    return drafts.filter(mapping__contains=same).first()


@transaction.atomic
def save_entry(
    *,
    authority: Organisation,
    cells: list[ReportCell],
    answers: Answers,
    choice: dict[str, Any],
    seen: str,
    title: str,
    send: bool,
    by: User | None,
) -> ImportBatch:
    """Keeps the table as a draft, or sends it for approval. Blank cells change nothing; what counts already is not stored again.

    `seen` is the `signature` of the cells when the form was shown: the second of two people is told.
    """
    if by is not None and not keeps_figures_of(by, authority):
        raise PermissionDenied
    own = set(places_of_figures(authority.territory).values_list("pk", flat=True))
    if any(cell.territory.pk not in own for cell in cells):
        raise ValidationError(_("Choose the place of the authority, or one of its parts."))
    lock_until_commit(Lock.INDICATOR, *(cell.indicator.pk for cell in cells))
    cells, answers = with_breakdowns(cells, answers)
    if any(cell.indicator.retired_on for cell in cells):
        raise ValidationError(_("This indicator is retired: it takes no new figures."))
    draft = draft_of(authority, choice)
    _refuse_others(cells, draft)
    if signature(cells) != seen:
        raise ValidationError(
            _(
                "Somebody else changed these figures while you were writing. Yours are below and are not saved yet. Compare "
                "them with what counts now, and save again to replace it."
            ),
            code="stale",
        )
    now = approved(cells)
    columns = {cell.key: answers[cell.key].as_observation(cell.indicator) for cell in cells if cell.key in answers}
    news = {
        key: values
        for key, values in columns.items()
        if key not in now or any(getattr(now[key], name) != value for name, value in values.items())
    }
    refuse_faults((cell for cell in cells if cell.key in news), answers)
    if not news:
        raise ValidationError(_("Nothing has changed. Enter or change a figure."))
    source = source_of_typed(authority)
    batch = draft or ImportBatch(
        kind=ImportBatch.Kind.ENTRY,
        authority=authority,
        mapping=choice,
        size=0,
        created_by=by,
        state=ImportBatch.State.DRAFT,
    )
    batch.source, batch.file_name = source, title[:200]
    batch.cells_new = sum(key not in now for key in news)
    batch.cells_changed, batch.cells_same = len(news) - batch.cells_new, len(columns) - len(news)
    batch.state = ImportBatch.State.STORED if send else ImportBatch.State.DRAFT
    batch.save()
    status = Status.SUBMITTED if send else Status.DRAFT
    write_observations(batch_id=batch.pk, source_id=source.pk, values=news, status=status)
    if send:
        checks.examine(batch)
    return batch


def _refuse_others(cells: list[ReportCell], draft: ImportBatch | None) -> None:
    """A value that waits from elsewhere is decided first."""
    waiting = {key: row for key, row in pending(cells).items() if draft is None or row.batch_id != draft.pk}
    for cell in cells:
        if cell.key in waiting:
            batch = waiting[cell.key].batch
            raise ValidationError(
                _(
                    "%(cell)s: a value entered by %(who)s (“%(batch)s”) is still to be approved. Decide on that one first."
                ),
                params={
                    "cell": cell.label,
                    "who": (batch and batch.created_by) or _("somebody else"),
                    "batch": batch or "–",
                },
                code="waiting",
            )
