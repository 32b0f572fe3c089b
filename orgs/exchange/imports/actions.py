"""Bringing a file of organisations in: received, looked at as often as one likes, stored without its faulty rows, and undone."""

import datetime
import json
from collections.abc import Iterable, Iterator
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.exchange.imports import storing, undoing
from orgs.exchange.imports.fitting import own_mapping, readable
from orgs.exchange.imports.looking import look
from orgs.exchange.imports.mapping import OWN_REGISTER, Mapping, read_mapping
from orgs.exchange.imports.messages import all_texts
from orgs.exchange.imports.planning import PortionPlanner
from orgs.exchange.imports.progress import RowProgress, note, progress_of
from orgs.exchange.imports.reading import RowReader
from orgs.exchange.imports.sources import Row, Source, format_of, open_source
from orgs.locks import RegistryLock, lock_until_commit, number_of
from orgs.models import Listing, Organisation, OrganisationImport, OrganisationMapping, User
from orgs.permissions import is_administrator
from orgs.queue import enqueue
from orgs.readers.problems import FileRefused, Problem
from orgs.readers.tables import GZIP, ZIP
from orgs.storage import digest_of, name_of

BATCH = 1000
MOST_PROBLEMS = 20_000
"""Of one file are kept; who has more corrects these first."""
LARGE = 1 << 19
"""In bytes: larger files are checked and stored by a worker, while the page says how far it is."""
LARGE_PACKED = 50_000
"""The same for files that are packed, of which nobody knows how much they hold."""
MANY = 2000
"""Organisations: more of them are put back by a worker."""
NAMED = 10
"""Of those that stay, so many are named on the page."""
WORK = "orgs.tasks.work_on_organisation_files"
TELL = "orgs.tasks.tell_listed_organisations"
State = OrganisationImport.State


class FileGone(ValidationError):
    def __init__(self) -> None:
        super().__init__(_("The portal no longer has the file. Send it again."))


@transaction.atomic
def receive_file(
    *, file: File, mapping: Any = None, mapping_name: str = "", described_later: bool = False, by: User
) -> OrganisationImport:
    """Keeps a file that can be read. `mapping` is what JSON says of its columns; a table that a portal of this kind wrote needs none, nor does
    one that is `described_later`.
    """
    if not is_administrator(by):
        raise PermissionDenied
    try:
        file_format = format_of(file, name_of(file))
        given = dict(mapping) if isinstance(mapping, dict) else mapping
        contents = look(file, file_format)
        if given is None:
            given = own_mapping(contents, file_format)
        if given is None and not described_later:
            raise ValidationError(
                {
                    "mapping": _(
                        "Say what the columns mean: only a table that a portal of this kind exported needs no mapping."
                    )
                }
            )
        if isinstance(given, dict):
            given = {**given, "format": given.get("format") or file_format}
        if given is not None:
            read = readable(given, contents, file_format)
    except FileRefused as refusal:
        raise ValidationError({"file": all_texts(refusal.problems)}) from None
    checksum, size = digest_of(file)
    batch = OrganisationImport(
        file_name=name_of(file),
        size=size,
        checksum=checksum,
        contents=contents,
        state=State.RECEIVED,
        created_by=by,
    )
    if given is not None:
        describe(batch, given, read, mapping_name)
    file.seek(0)
    batch.file.save(batch.file_name, file, save=False)
    batch.save()
    return batch


def describe(batch: OrganisationImport, given: dict[str, Any], read: Mapping, name: str) -> None:
    batch.mapping, batch.mapping_name = given, name
    batch.source_name = read.source.get("name", "")[:200]
    batch.source_licence = read.source.get("licence", "")[:120]


@transaction.atomic
def describe_import(
    *, batch: OrganisationImport, mapping: dict[str, Any], mapping_name: str = "", by: User
) -> OrganisationImport:
    """Says what the columns of a kept file mean. With a name that is kept for other files."""
    batch = locked(batch, by)
    if not batch.is_open:
        raise ValidationError(_("The organisations of this file are stored already."))
    try:
        read = readable(mapping, batch.contents, mapping.get("format", ""))
    except FileRefused as refusal:
        raise ValidationError(all_texts(refusal.problems)) from None
    if mapping_name:
        save_mapping(name=mapping_name, definition=mapping, by=by)
    describe(batch, mapping, read, mapping_name)
    batch.save()
    return batch


@transaction.atomic
def save_mapping(*, name: str, definition: dict[str, Any], by: User) -> OrganisationMapping:
    """For the next file. One that is there already keeps its meaning, so that a change gets a new name."""
    if not is_administrator(by):
        raise PermissionDenied
    lock_until_commit(RegistryLock.MAPPING_NAME, number_of(name))  # Of two at once, the second sees the first.
    saved, created = OrganisationMapping.objects.get_or_create(name=name, defaults={"definition": definition})
    if not created and saved.definition != definition:
        raise ValidationError(
            {"mapping_name": _("There is already a mapping with this name. Give this one another name.")}
        )
    return saved


@transaction.atomic
def check_import(*, batch: OrganisationImport, by: User, from_page: bool = False) -> OrganisationImport:
    """A dry run: says what storing would do, and stores nothing of it. Of a large file of a page, a worker does it."""
    batch = locked(batch, by)
    if not batch.is_open:
        raise ValidationError(_("The organisations of this file are stored already."))
    if not batch.mapping:
        raise ValidationError(_("Say first what the columns mean."))
    if from_page and is_large(batch):
        return leave_to_worker(batch, State.CHECKING, by)
    check(batch)
    return batch


def check(batch: OrganisationImport) -> None:
    try:
        run(batch, None)
    except FileRefused as refusal:
        note_problems(batch, refusal.problems)
    batch.state = State.CHECKED
    batch.save()


def note_problems(batch: OrganisationImport, problems: Iterable[Problem]) -> None:
    forget_counts(batch)
    batch.problems = [as_kept(problem) for problem in problems]
    batch.rows_refused = len(batch.problems)


@transaction.atomic
def store_import(
    *,
    batch: OrganisationImport,
    by: User,
    writes_to_them: bool = False,
    from_page: bool = False,
    seen: str | None = None,
) -> OrganisationImport:
    """What can be used of it, in one go. Rows with a fault are left out, and told again.

    `seen` is the `check_sign` of what was read before: another check since then is read first.
    With `writes_to_them`, the new ones of whom an address is known are told of their entry, and may claim it or have it taken off.
    """
    batch = locked(batch, by)
    if batch.state in (State.STORING, State.STORED, State.UNDOING, State.UNDONE):
        return batch
    if batch.state != State.CHECKED or not batch.does_something:
        raise ValidationError(_("There is nothing to store: the file was not checked, or changes nothing."))
    if seen is not None and seen != check_sign(batch):
        raise ValidationError(_("The file was checked anew meanwhile. Read what storing would do now, then store it."))
    batch.writes_to_them = writes_to_them
    if from_page and is_large(batch):
        return leave_to_worker(batch, State.STORING, by)
    store(batch, by)
    return batch


def check_sign(batch: OrganisationImport) -> str:
    """The same for one mapping and one result only."""
    said = [batch.mapping, batch.rows_read, batch.rows_left_out, batch.rows_same, batch.problems]
    counted = [batch.rows_new, batch.rows_changed, batch.rows_refused]
    return sha256(json.dumps([said, counted], sort_keys=True).encode()).hexdigest()


def store(batch: OrganisationImport, by: User) -> None:
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
    forget_texts(batch)
    batch.save()
    if batch.writes_to_them:
        enqueue(TELL)


def forget_texts(batch: OrganisationImport) -> None:
    """What stood in the file is not shown any more, and has addresses in it."""
    batch.contents = {"header": batch.contents.get("header", [])}


# --- Large files: what is left to a worker ---------------------------------------------------------------------------


def is_large(batch: OrganisationImport) -> bool:
    if batch.size > LARGE:
        return True
    if batch.size <= LARGE_PACKED:
        return False
    try:
        with batch.file.open("rb") as file:
            return file.read(4).startswith((GZIP, ZIP))
    except (OSError, ValueError):
        raise FileGone from None


def leave_to_worker(batch: OrganisationImport, state: str, by: User) -> OrganisationImport:
    batch.state, batch.asked_by, batch.attempts = state, by, 0
    batch.save()
    enqueue(WORK)
    return batch


@transaction.atomic
def undo_import(*, batch: OrganisationImport, by: User, from_page: bool = False) -> list[Organisation]:
    """Those that stay as they are, since somebody has claimed, changed or used them meanwhile. Of many, a worker does it for a page."""
    batch = locked(batch, by)
    if batch.state != State.STORED:
        raise ValidationError(_("Only what was stored, and not undone yet, can be undone."))
    if from_page and batch.rows_done > MANY:
        leave_to_worker(batch, State.UNDOING, by)
        return []
    return undo(batch, by)


def undo(batch: OrganisationImport, by: User) -> list[Organisation]:
    left = undoing.undo(batch, PortionPlanner(read_mapping(batch.mapping)))
    batch.state, batch.undone_by, batch.undone_at = State.UNDONE, by, timezone.now()
    batch.rows_stayed, batch.stayed = len(left), [one.name for one in left[:NAMED]]
    forget_texts(batch)
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


def format_in(batch: OrganisationImport) -> str:
    """How the kept file seems to be. Raises FileGone where it is not there any more."""
    if batch.mapping.get("format"):
        return str(batch.mapping["format"])
    try:
        with batch.file.open("rb") as file:
            return format_of(file, batch.file_name)
    except (OSError, ValueError, FileRefused):
        raise FileGone from None


def is_own_standard_file(batch: OrganisationImport) -> bool:
    """With what only a portal may say of services."""
    said = batch.mapping
    return said.get("format") == "hsds-3.0" and said.get("identifier", {}).get("scheme") == OWN_REGISTER


def progress_in(batch: OrganisationImport) -> RowProgress:
    """How far the worker is. How many rows there are is known once the file was checked."""
    expected = {State.STORING: batch.rows_read, State.UNDOING: batch.rows_done}
    return progress_of(batch.pk, expected.get(State(batch.state)))


def letters_of(batch: OrganisationImport) -> dict[str, int]:
    """To how many of those that it brought a letter was sent, and how many wait for theirs."""
    if not batch.writes_to_them:
        return {}
    brought = Listing.objects.filter(
        organisation__brought_in__batch=batch, organisation__brought_in__before__isnull=True
    )
    return brought.aggregate(
        sent=Count("pk", filter=Q(notified_at__isnull=False)), waiting=Count("pk", filter=~Q(notice_email=""))
    )


def locked(batch: OrganisationImport, by: User) -> OrganisationImport:
    if not is_administrator(by):
        raise PermissionDenied
    found = OrganisationImport.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=batch.pk).first()
    if found is None:  # Who presses twice does not wait for as long as a large file takes.
        raise ValidationError(_("This file is being worked on at this moment. Look at its page again in a minute."))
    return found


def run(batch: OrganisationImport, by: User | None) -> None:
    """Goes through the file, and stores what it says where `by` stores it. Raises FileRefused."""
    mapping = read_mapping(batch.mapping)
    planner = PortionPlanner(mapping, locks=by is not None)
    forget_counts(batch)
    try:
        file = batch.file.open("rb")
    except (OSError, ValueError):
        raise FileGone from None
    try:
        with file, open_source(file, mapping) as source:
            reader = RowReader(mapping, source.header, planner.domains, planner.names_of_types)
            for rows in portions(source):
                take(batch, rows, reader, planner, by)
                note(batch.rows_read)
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
