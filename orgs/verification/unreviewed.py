"""What goes live without a reviewer: kept beside what one of them saw last, until one has seen it."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.models import Organisation, ReviewedProfile, User
from orgs.verification.profiles import profile_of


def lock_reviewed(organisation: Organisation) -> ReviewedProfile | None:
    """Whoever changes something at this moment waits, and is noted after what is seen now."""
    return ReviewedProfile.objects.select_for_update().filter(organisation=organisation).first()


def note_seen(organisation: Organisation, profile: dict[str, Any], by: User) -> None:
    """A reviewer has seen all of it. The organisation is locked."""
    seen = {"profile": profile, "seen_by": by, "seen_at": timezone.now(), "unseen_since": None, "changed_at": None}
    ReviewedProfile.objects.update_or_create(organisation=organisation, defaults=seen)


def note_accepted(organisation: Organisation, facts: Iterable[str], by: User) -> None:
    """A reviewer has accepted these facts, which are so by now; of all else they have seen nothing."""
    reviewed = lock_reviewed(organisation)
    if reviewed is None:
        return
    now = profile_of(organisation)
    reviewed.profile |= {fact: now[fact] for fact in facts}
    # Of a shelter the database does not keep all that it says.
    if reviewed.profile.items() <= now.items():
        reviewed.seen_by, reviewed.seen_at = by, timezone.now()
        reviewed.unseen_since = reviewed.changed_at = None
    reviewed.save()


@transaction.atomic
def mark_seen(*, reviewed: ReviewedProfile, version: int, by: User) -> ReviewedProfile:
    """Takes the organisation off the list until it changes again, where it still says what the reviewer had before them (`version`)."""
    reviewed = ReviewedProfile.objects.select_for_update(of=("self",)).get(pk=reviewed.pk)
    if not ReviewedProfile.objects.reviewable_by(by).filter(pk=reviewed.pk).exists():
        raise PermissionDenied
    if reviewed.unseen_since is None:
        return reviewed
    if reviewed.version != version:
        raise ValidationError(_("It has changed again since you opened this page. Look at what is new."))
    reviewed.profile = profile_of(reviewed.organisation)
    reviewed.seen_by, reviewed.seen_at = by, timezone.now()
    reviewed.unseen_since = reviewed.changed_at = None
    reviewed.save()
    return reviewed
