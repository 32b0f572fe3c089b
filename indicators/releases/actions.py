"""A release on its way: a draft is made, stewards preview it, and it is approved and frozen, or discarded."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.locks import Lock
from indicators.models import DirtyMark, Figure, Release, ReleasedDimension, ReleasedFigure, ReleasedIndicator
from indicators.models.release import IN_THE_MAKING
from indicators.permissions import can_approve_release, can_discard_release, can_recall_release
from indicators.releases import freeze
from indicators.releases.changes import describe
from indicators.releases.file_actions import ask_for_all_files, remove_release_files
from orgs.locks import session_lock
from orgs.models import User
from orgs.queue import enqueue

logger = logging.getLogger(__name__)

MAKE_RELEASES = "indicators.tasks.make_releases"
LARGE = 50_000
"""Releases of more figures than this are made by a worker."""


@transaction.atomic
def publish_release(*, note: str = "") -> Release:
    """Makes and publishes a release at once, unseen and in nobody's name: for the shell. What the public reads is what the figures are now.

    Refused while changes wait for the rollup.
    """
    release = _begin(note, None)
    _fill(release)
    if not note and release.alters_what_is_public:
        note = _("Figures brought up to date.")
    return approve_release(release=release, note=note)


@transaction.atomic
def start_release(*, note: str = "", by: User | None = None) -> Release:
    """A draft, which a worker turns into a preview; a small one is a preview at once."""
    release = _begin(note, by)
    if Figure.objects.all()[: LARGE + 1].count() <= LARGE:
        _fill(release)
    else:
        enqueue(MAKE_RELEASES)
    return release


def make_releases() -> int:
    """Turns drafts into previews; how many. Any number of workers may call it: a draft whose maker died is a draft still.

    While changes wait for the rollup nothing is made, for a release would mix old and new; beat asks again.
    """
    made = 0
    for release in Release.objects.filter(state=Release.State.DRAFT).order_by("pk"):
        with session_lock(Lock.RELEASE, [release.pk]) as is_only:
            if is_only and not DirtyMark.objects.exists():
                made += _make(release)
    return made


@transaction.atomic
def approve_release(*, release: Release, note: str | None = None, by: User | None = None) -> Release:
    """Publishes a preview: from now on it is what the public reads, and nobody can change it.

    Where what was published reads differently or is gone, the note must say why. Two people see to it: who made it does not approve it, and
    who approves it keeps the figures of every place in which something changes, or runs the platform.
    """
    release = Release.objects.select_for_update().get(pk=release.pk)
    if release.state != Release.State.PREVIEW:
        raise _wrong_state(release)
    if by is not None and release.created_by_id == by.pk:
        raise ValidationError(_("You made this release, so somebody else has to approve it."))
    if by is not None and not can_approve_release(by, release):
        raise PermissionDenied
    current = Release.objects.current()
    if release.follows_id != (current.pk if current else None):
        raise ValidationError(
            _("The published figures have changed in the meantime. Discard this release and prepare it again.")
        )
    release.note = release.note if note is None else note
    if release.alters_what_is_public and not release.note.strip():
        raise ValidationError({"note": _("Published figures change with this release: say why.")})
    release.state, release.decided_by, release.published_at = Release.State.PUBLISHED, by, timezone.now()
    release.save()
    ask_for_all_files(release=release)
    return release


@transaction.atomic
def discard_release(*, release: Release, by: User | None = None) -> Release:
    """Throws a draft or preview away. That it was there is kept, its figures are not."""
    release = Release.objects.select_for_update().get(pk=release.pk)
    if release.state not in (Release.State.DRAFT, Release.State.PREVIEW, Release.State.FAILED):
        raise _wrong_state(release)
    if by is not None and not can_discard_release(by, release):
        raise PermissionDenied
    _empty(release)
    release.state, release.decided_by, release.changes = Release.State.DISCARDED, by, {}
    release.save()
    return release


@transaction.atomic
def recall_release(*, release: Release, reason: str, by: User | None = None) -> Release:
    """From now on nobody reads it, and the release before it leads again, or none. At once and by one person: every minute counts.

    That it was there, who recalled it and why stays for everybody to read.
    """
    release = Release.objects.select_for_update().get(pk=release.pk)
    if release.state != Release.State.PUBLISHED:
        raise _wrong_state(release)
    if by is not None and not can_recall_release(by, release):
        raise PermissionDenied
    reason = " ".join(reason.split())
    if not reason:
        raise ValidationError({"reason": _("Give the reason for recalling it.")})
    release.state, release.recalled_at, release.recalled_by = Release.State.RECALLED, timezone.now(), by
    release.recall_reason = reason
    release.save()
    remove_release_files(release=release)
    return release


# --- Making -------------------------------------------------------------------------------------------------------


def _begin(note: str, by: User | None) -> Release:
    if DirtyMark.objects.exists():
        raise ValidationError(_("Some figures are still being rolled up. Publish once that is done."))
    if Release.objects.open().exists():
        raise ValidationError(_("Another release is being prepared. Approve or discard that one first."))
    return Release.objects.create(note=note, created_by=by)


def _fill(release: Release) -> None:
    """Freezes the figures into a draft and describes it; in the caller's transaction."""
    with _in_the_making(release):
        release.follows = Release.objects.current()
        describe(release, freeze.freeze(release))
        release.state, release.error = Release.State.PREVIEW, ""
        release.save()


def _make(release: Release) -> int:
    """In one transaction, so that whoever dies leaves a draft. Attempts are counted before; after three the release has failed."""
    Release.objects.filter(pk=release.pk).update(attempts=F("attempts") + 1)
    try:
        with transaction.atomic():
            _see_one_moment()
            release = Release.objects.get(pk=release.pk)
            if release.state != Release.State.DRAFT or DirtyMark.objects.exists():
                return 0
            if release.attempts > Release.MAX_ATTEMPTS:
                Release.objects.filter(pk=release.pk).update(state=Release.State.FAILED)
                return 0
            _fill(release)
    except DatabaseError as error:
        logger.exception("release %s could not be made", release.pk)
        text = f"{type(error).__name__}: {error}"[:2000]
        failed = Release.objects.filter(pk=release.pk, state=Release.State.DRAFT)
        failed.update(error=text)
        failed.filter(attempts__gte=Release.MAX_ATTEMPTS).update(state=Release.State.FAILED)
        return 0
    return 1


def _see_one_moment() -> None:
    """The whole release from one state of the figures, whatever is approved meanwhile. Within a larger transaction it is too late."""
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


@contextmanager
def _in_the_making(release: Release) -> Iterator[None]:
    """Lets the rows of an unpublished release pass without asking for each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [IN_THE_MAKING, str(release.pk)])
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, '', true)", [IN_THE_MAKING])


def _empty(release: Release) -> None:
    with _in_the_making(release):
        ReleasedFigure.objects.filter(release=release)._raw_delete("default")
        ReleasedIndicator.objects.filter(release=release).delete()
        ReleasedDimension.objects.filter(release=release).delete()


def _wrong_state(release: Release) -> ValidationError:
    return ValidationError(
        _("This release is already in the state “%(state)s”."), params={"state": release.get_state_display()}
    )
