from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators import release as disclosure
from indicators.models import DirtyMark, Release
from orgs.models import User


@transaction.atomic
def publish_release(*, note: str = "", by: User | None = None) -> Release:
    """Freezes the figures as they stand, with small groups protected, and makes them what the public reads.

    Refused while changes wait for the rollup: a release would mix old and new.
    """
    if DirtyMark.objects.exists():
        raise ValidationError(_("Some figures are still being rolled up. Publish once that is done."))
    release = Release.objects.create(note=note, created_by=by)
    disclosure.freeze(release)
    release.published_at = timezone.now()
    release.save()
    return release
