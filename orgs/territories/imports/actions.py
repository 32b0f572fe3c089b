"""Bringing a file of places in: received, looked at as often as one likes, stored whole or not at all."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.models import TerritoryImport, TerritoryScheme, User
from orgs.models.refusals import refused_in_words
from orgs.readers.layout import FileLayout
from orgs.readers.problems import FileRefused
from orgs.readers.sniffing import FileContents
from orgs.storage import digest_of, name_of
from orgs.territories.imports import guessing, storing
from orgs.territories.imports.changes import largest_changes
from orgs.territories.imports.description import KIND, Description
from orgs.territories.imports.messages import all_texts
from orgs.territories.imports.planning import Plan, plan_of
from orgs.territories.imports.reading import layout_of, look, read_entries
from orgs.territories.refusals import REFUSALS
from orgs.territories.ties import Ties, parts_of, ties_by_fate

MOST_PROBLEMS = 20_000
"""Of one file are kept; who has more corrects these first."""
SHOWN_ROWS, SHOWN_TEXTS = 3, 60
State = TerritoryImport.State


@transaction.atomic
def receive_file(*, scheme: TerritoryScheme, file: File, by: User | None) -> TerritoryImport:
    """Keeps a file that can be read, with what was seen in it. `by` is None for the shell."""
    try:
        layout = layout_of(file)
        seen = look(file, layout)
    except FileRefused as refusal:
        raise ValidationError({"file": all_texts(refusal.problems)}) from None
    checksum, size = digest_of(file)
    batch = TerritoryImport(
        scheme=scheme,
        file_name=name_of(file),
        size=size,
        checksum=checksum,
        layout=asdict(layout),
        contents=contents_kept(seen),
        state=State.RECEIVED,
        created_by=by,
    )
    file.seek(0)
    batch.file.save(batch.file_name, file, save=False)
    batch.save()
    return batch


def contents_kept(seen: FileContents) -> dict[str, Any]:
    """What the page shows of it: of a column with many texts none."""
    return {
        "header": seen.header,
        "rows": seen.rows[:SHOWN_ROWS],
        "texts": [
            texts if len(texts) <= SHOWN_TEXTS and place not in seen.more else None
            for place, texts in enumerate(seen.texts)
        ],
    }


def texts_in(batch: TerritoryImport, place: int | None) -> list[str] | None:
    """The different texts of a column; None where they are too many to be kinds of places."""
    texts = batch.contents["texts"]
    return texts[place] if place is not None and place < len(texts) else None


def guess_of(batch: TerritoryImport) -> Description:
    """What the file seems to mean."""
    header = batch.contents["header"]
    place = guessing.columns_of(header).get(KIND)
    return guessing.description_of(header, texts_in(batch, place) or [])


@transaction.atomic
def check_import(*, batch: TerritoryImport, description: Description, by: User | None) -> TerritoryImport:
    """A dry run: says what storing would do, and stores nothing of it."""
    batch = locked(batch)
    if batch.is_stored:
        raise ValidationError(_("The places of this file are stored already."))
    batch.description = description.as_json()
    keep(batch, examine(batch))
    return batch


@transaction.atomic
def store_import(*, batch: TerritoryImport, by: User | None) -> TerritoryImport:
    """All of it, in one go. Where the classification has changed since the file was checked it is checked again instead: look at its state."""
    batch = locked(batch)
    if batch.is_stored:
        return batch
    if not batch.can_be_stored:
        raise ValidationError(
            _("There is nothing to store: the file was not checked, has problems, or changes nothing.")
        )
    plan = examine(batch)
    if plan.problems or plan.digest != batch.digest:
        keep(batch, plan)
        return batch
    with refused_in_words(REFUSALS):
        storing.store(batch.scheme, plan)
    batch.state, batch.stored_by, batch.stored_at = State.STORED, by, timezone.now()
    batch.save()
    return batch


def locked(batch: TerritoryImport) -> TerritoryImport:
    """One at a time changes the places of a classification."""
    TerritoryScheme.objects.select_for_update().get(pk=batch.scheme_id)
    return TerritoryImport.objects.select_for_update(of=("self",)).select_related("scheme").get(pk=batch.pk)


def examine(batch: TerritoryImport) -> Plan:
    """Raises ValidationError where the file is not there any more."""
    description = Description.from_json(batch.description or {})
    try:
        with batch.file.open("rb") as file:
            entries, problems = read_entries(file, FileLayout(**batch.layout), description)
    except FileRefused as refusal:
        return Plan(problems=refusal.problems)
    except (OSError, ValueError):
        raise ValidationError(_("The portal no longer has the file. Send it again.")) from None
    plan = plan_of(batch.scheme, entries, description)
    headings = headings_of(batch, description.columns)
    found = [*problems, *(replace(one, column=headings.get(one.column, one.column)) for one in plan.problems)]
    plan.problems = sorted(found, key=lambda problem: problem.line or 0)
    return plan


def headings_of(batch: TerritoryImport, columns: Mapping[str, int]) -> dict[str, str]:
    return {role: batch.contents["header"][place] for role, place in columns.items()}


def keep(batch: TerritoryImport, plan: Plan) -> None:
    batch.state = State.CHECKED
    batch.places_read, batch.places_same = plan.read, plan.same
    batch.places_new, batch.places_changed, batch.places_ended = len(plan.new), len(plan.changed), len(plan.ended)
    batch.outlines_read = plan.outlines_read
    batch.problems_count = len(plan.problems)
    batch.problems = [[one.code, one.line, one.column, one.value] for one in plan.problems[:MOST_PROBLEMS]]
    batch.changes = largest_changes(plan)
    batch.ties = ties_of(plan)
    batch.digest = plan.digest
    batch.save()


def ties_of(plan: Plan) -> Ties:
    """To what ends, and to what begins anew with it, of other classifications too."""
    becomes = {place.key: 0 for place in plan.ended}
    for place, _following in plan.successions:
        if place.pk in becomes:
            becomes[place.pk] += 1
    parts = parts_of([place for place, number in becomes.items() if number])
    return ties_by_fate(dict.fromkeys(parts, 1) | becomes)


@transaction.atomic
def remove_stale_imports(*, now: datetime.datetime) -> int:
    """Files of which nothing was stored do not stay for ever, nor what was found in them; how many went. Twice is once."""
    last = now - datetime.timedelta(days=TerritoryImport.DAYS_KEPT)
    old = TerritoryImport.objects.exclude(state=State.STORED).filter(created_at__lt=last)
    batches = list(old.select_for_update(skip_locked=True, of=("self",)))
    for batch in batches:
        transaction.on_commit(partial(batch.file.storage.delete, str(batch.file.name)))
    return TerritoryImport.objects.filter(pk__in=[batch.pk for batch in batches]).delete()[0]
