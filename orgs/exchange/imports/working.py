"""What was left to a worker: large files are checked, stored and undone, one after another, and taken up again where a worker dies."""

import logging

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet

from orgs.exchange.imports.actions import as_kept, check, note_problems, store, undo
from orgs.exchange.imports.progress import claim
from orgs.models import OrganisationImport
from orgs.permissions import is_administrator
from orgs.readers.problems import Problem

State = OrganisationImport.State
NOT_DONE: dict[str, str] = {State.CHECKING: "not_checked", State.STORING: "not_stored", State.UNDOING: "not_undone"}
"""By what a worker was at, what is said where it was refused."""

logger = logging.getLogger(__name__)


def work_on_imports() -> int:
    """Does what was left to a worker, for each large file; for how many it was done. Any number of workers may call it, and one that dies
    loses nothing."""
    return sum(work_on(pk) for pk in with_worker().order_by("pk").values_list("pk", flat=True))


def with_worker() -> QuerySet[OrganisationImport]:
    return OrganisationImport.objects.filter(state__in=OrganisationImport.WITH_WORKER)


def work_on(pk: int) -> int:
    """In one transaction under the import's lock, so that who dies leaves it as it was. Attempts are counted before."""
    mine = with_worker().filter(pk=pk).select_for_update(skip_locked=True, of=("self",))
    with transaction.atomic():
        batch = mine.first()
        if batch is None:
            return 0
        state = batch.state
        batch.attempts += 1
        batch.save(update_fields=["attempts"])
    try:
        with transaction.atomic():
            batch = mine.filter(state=state).first()
            if batch is None:
                return 0
            if batch.attempts > OrganisationImport.MAX_ATTEMPTS:
                give_back(batch, Problem("work_failed"))
                return 0
            do(batch)
    except (ValidationError, PermissionDenied) as refusal:
        with transaction.atomic():
            batch = mine.filter(state=state).first()
            if batch is not None:  # Otherwise another worker has it meanwhile.
                give_back(batch, Problem("not_allowed" if isinstance(refusal, PermissionDenied) else NOT_DONE[state]))
        return 0
    except Exception:  # Whatever it is, the next files do not wait for this one.
        logger.exception("import of organisations %s could not be brought forward from %s", pk, state)
        return 0
    return 1


def do(batch: OrganisationImport) -> None:
    claim(batch.pk)
    if batch.state == State.CHECKING:
        check(batch)
        return
    if batch.asked_by is None or not is_administrator(batch.asked_by):
        raise PermissionDenied
    if batch.state == State.UNDOING:
        undo(batch, batch.asked_by)
    else:
        store(batch, batch.asked_by)


def give_back(batch: OrganisationImport, why: Problem) -> None:
    """What could not be done is said on the page of the import, where it can be asked for again."""
    if batch.state == State.UNDOING:  # It stays stored, and what was refused of it is still to be read.
        batch.problems = [as_kept(why), *batch.problems]
        batch.rows_refused += 1
        batch.state = State.STORED
    else:
        note_problems(batch, [why])
        batch.state = State.CHECKED
    batch.save()
