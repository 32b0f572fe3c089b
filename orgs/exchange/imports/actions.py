"""Bringing a file of organisations in: received, looked at as often as one likes, stored without its faulty rows, and undone."""

import datetime
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.exchange.imports import storing, undoing
from orgs.exchange.imports.mapping import Mapping, of_own_file, read_mapping
from orgs.exchange.imports.messages import all_texts
from orgs.exchange.imports.planning import PortionPlanner
from orgs.exchange.imports.reading import RowReader
from orgs.exchange.imports.sources import Row, Source, format_of, open_source
from orgs.exchange.tables import COLUMNS
from orgs.models import Organisation, OrganisationImport, Territory, User
from orgs.models.domain import Domain
from orgs.permissions import is_administrator
from orgs.readers.problems import FileRefused, Problem
from orgs.storage import digest_of, name_of

BATCH = 1000
MOST_PROBLEMS = 20_000
"""Of one file are kept; who has more corrects these first."""
State = OrganisationImport.State


@transaction.atomic
def receive_file(*, file: File, mapping: Any = None, by: User) -> OrganisationImport:
    """Keeps a file that can be read. `mapping` is what JSON says of its columns; a table that a portal of this kind wrote needs none."""
    if not is_administrator(by):
        raise PermissionDenied
    try:
        file_format = format_of(file, name_of(file))
        given = dict(mapping) if isinstance(mapping, dict) else mapping
        if given is None:
            given = own_mapping(file, file_format)
        if isinstance(given, dict):
            given = {"format": file_format, **given}
        read = read_mapping(given)
        refuse_unknown(read)
        file.seek(0)
        with open_source(file, read) as source:
            RowReader(read, source.header, ())
            if next(source.rows, None) is None:
                raise FileRefused(Problem("no_rows", line=1))
    except FileRefused as refusal:
        raise ValidationError({"file": all_texts(refusal.problems)}) from None
    checksum, size = digest_of(file)
    batch = OrganisationImport(
        file_name=name_of(file),
        size=size,
        checksum=checksum,
        mapping=given,
        source_name=read.source.get("name", "")[:200],
        source_licence=read.source.get("licence", "")[:120],
        state=State.RECEIVED,
        created_by=by,
    )
    file.seek(0)
    batch.file.save(batch.file_name, file, save=False)
    batch.save()
    return batch


def own_mapping(file: File, file_format: str) -> dict[str, Any]:
    given = {"format": file_format, **of_own_file()}
    if file_format in ("csv", "xlsx"):
        with open_source(file, read_mapping(given)) as source:
            if set(COLUMNS) <= set(source.header):
                return given
    raise ValidationError(
        {"mapping": _("Say what the columns mean: only a table that a portal of this kind exported needs no mapping.")}
    )


def refuse_unknown(mapping: Mapping) -> None:
    """What the mapping names for all rows must be there."""
    if mapping.domain and not Domain.objects.filter(code=mapping.domain).exists():
        raise ValidationError({"mapping": _("The portal has no domain “%(code)s”.") % {"code": mapping.domain}})
    always = mapping.columns["territory"].always
    scheme, _colon, code = always.partition(":")
    if always and not Territory.objects.filter(scheme__code=scheme, code=code).exists():
        raise ValidationError({"mapping": _("The portal has no place “%(code)s”.") % {"code": always}})


@transaction.atomic
def check_import(*, batch: OrganisationImport, by: User) -> OrganisationImport:
    """A dry run: says what storing would do, and stores nothing of it."""
    batch = locked(batch, by)
    if batch.state not in (State.RECEIVED, State.CHECKED):
        raise ValidationError(_("The organisations of this file are stored already."))
    try:
        run(batch, None)
    except FileRefused as refusal:
        forget_counts(batch)
        batch.problems = [as_kept(problem) for problem in refusal.problems]
        batch.rows_refused = len(batch.problems)
    batch.state = State.CHECKED
    batch.save()
    return batch


@transaction.atomic
def store_import(*, batch: OrganisationImport, by: User) -> OrganisationImport:
    """What can be used of it, in one go. Rows with a fault are left out, and told again."""
    batch = locked(batch, by)
    if batch.state in (State.STORED, State.UNDONE):
        return batch
    if batch.state != State.CHECKED or not batch.does_something:
        raise ValidationError(_("There is nothing to store: the file was not checked, or changes nothing."))
    try:
        with transaction.atomic():
            run(batch, by)
    except FileRefused as refusal:
        raise ValidationError({"file": all_texts(refusal.problems)}) from None
    except IntegrityError:
        raise ValidationError(
            _("Somebody has stored one of these organisations at the same moment. Check the file again.")
        ) from None
    batch.state, batch.stored_by, batch.stored_at = State.STORED, by, timezone.now()
    batch.save()
    return batch


@transaction.atomic
def undo_import(*, batch: OrganisationImport, by: User) -> list[Organisation]:
    """Those that stay as they are, since somebody has claimed, changed or used them meanwhile."""
    batch = locked(batch, by)
    if batch.state != State.STORED:
        raise ValidationError(_("Only what was stored, and not undone yet, can be undone."))
    left = undoing.undo(batch, PortionPlanner(read_mapping(batch.mapping)))
    batch.state, batch.undone_by, batch.undone_at = State.UNDONE, by, timezone.now()
    batch.save()
    return left


@transaction.atomic
def remove_stale_imports(*, now: datetime.datetime) -> int:
    """Files of which nothing was stored do not stay for ever; how many went. Twice is once."""
    last = now - datetime.timedelta(days=OrganisationImport.DAYS_KEPT)
    old = OrganisationImport.objects.filter(state__in=[State.RECEIVED, State.CHECKED], created_at__lt=last)
    batches = list(old.select_for_update(skip_locked=True, of=("self",)))
    for batch in batches:
        transaction.on_commit(partial(batch.file.storage.delete, str(batch.file.name)))
    return OrganisationImport.objects.filter(pk__in=[batch.pk for batch in batches]).delete()[0]


def locked(batch: OrganisationImport, by: User) -> OrganisationImport:
    if not is_administrator(by):
        raise PermissionDenied
    return OrganisationImport.objects.select_for_update(of=("self",)).get(pk=batch.pk)


def run(batch: OrganisationImport, by: User | None) -> None:
    """Goes through the file, and stores what it says where `by` stores it. Raises FileRefused."""
    mapping = read_mapping(batch.mapping)
    planner = PortionPlanner(mapping, locks=by is not None)
    forget_counts(batch)
    try:
        file = batch.file.open("rb")
    except (OSError, ValueError):
        raise ValidationError(_("The portal no longer has the file. Send it again.")) from None
    try:
        with file, open_source(file, mapping) as source:
            reader = RowReader(mapping, source.header, planner.domains)
            for rows in portions(source):
                take(batch, rows, reader, planner, by)
    finally:
        planner.seen.close()


def take(
    batch: OrganisationImport, rows: list[Row], reader: RowReader, planner: PortionPlanner, by: User | None
) -> None:
    wanted = [row for row in rows if not reader.is_left_out(row)]
    plan = planner.plan([entry for row in wanted if (entry := reader.entry(row))])
    problems = sorted((*reader.problems, *plan.problems), key=lambda problem: problem.line or 0)
    reader.problems.clear()
    if by is not None:
        storing.store(batch, plan, planner, by)
    batch.rows_read += len(rows)
    batch.rows_left_out += len(rows) - len(wanted)
    batch.rows_new += len(plan.new)
    batch.rows_changed += len(plan.changed)
    batch.rows_same += plan.same
    batch.rows_refused += len(problems)
    batch.problems += [as_kept(problem) for problem in problems[: MOST_PROBLEMS - len(batch.problems)]]


def portions(source: Source) -> Iterator[list[Row]]:
    while rows := list(islice(source.rows, BATCH)):
        yield rows


def forget_counts(batch: OrganisationImport) -> None:
    batch.problems = []
    for name in ("read", "left_out", "new", "changed", "same", "refused"):
        setattr(batch, f"rows_{name}", 0)


def as_kept(problem: Problem) -> list[Any]:
    return [problem.code, problem.line, problem.column, problem.value]
