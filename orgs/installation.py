"""What this installation says of itself (`Portal`), as each process last read it.

It stands on every page, so that no page asks the database for it. A process reads it anew when it has changed it itself, when the query for
a kept page says that another one has (`integration_portal/public_pages.py`), and else after PORTAL_SECONDS.
"""

import time
from dataclasses import dataclass

from django.conf import settings
from modeltranslation.settings import FALLBACK_LANGUAGES

from orgs.models import Portal


@dataclass(frozen=True)
class Known:
    portal: Portal
    read_at: float


class Memory:
    """One for the process: whoever reads it gets one reading, whole."""

    known: Known | None = None


def current() -> Portal:
    known = Memory.known
    if known is None or time.monotonic() - known.read_at > settings.PORTAL_SECONDS:
        known = read()
    return known.portal


def read() -> Known:
    return remember(Portal.objects.filter(pk=1).first() or Portal())


def remember(portal: Portal) -> Known:
    """Where a name is not there in the reader's language, it is read in the portal's first one, and then in any."""
    FALLBACK_LANGUAGES["default"] = tuple(
        dict.fromkeys([portal.default_language, *settings.MODELTRANSLATION_FALLBACK_LANGUAGES])
    )
    Memory.known = Known(portal, time.monotonic())
    return Memory.known


def heard_of(version: int | None) -> bool:
    """Whether this process knows that version of the row; else it reads it. For whoever has just seen the version in the database."""
    known = Memory.known
    if known is None or version not in (None, known.portal.version):
        read()
        return False
    Memory.known = Known(known.portal, time.monotonic())  # It has been looked at just now.
    return True


def forget() -> None:
    Memory.known = None


def title() -> str:
    """For pages and in the reader's language. Asks nobody, so that a page of errors has it too."""
    known = Memory.known
    return (known.portal if known else Portal()).title
