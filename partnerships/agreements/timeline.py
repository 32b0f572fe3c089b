"""What has happened in a partnership, newest first."""

import datetime
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orgs.numbers import write_amount, write_number
from orgs.permissions import Person
from partnerships.models import (
    Activity,
    Contribution,
    Document,
    Evidence,
    Partnership,
)
from partnerships.vocabulary import WITH_THE_AUTHORITY


@dataclass(frozen=True)
class Entry:
    """A record of the partnership in its timeline."""

    at: datetime.date
    title: str
    kind: str
    stage: str
    icon: str
    text: str = ""
    facts: str = ""
    url: str = ""
    is_private: bool = False
    edit_url: str = ""
    remove_url: str = ""


Keyed = tuple[tuple[str, int], Entry]


def timeline(partnership: Partnership, user: Person, *, may_change: bool) -> list[Entry]:
    """Newest first, with the ways to change what does not stand as evidence yet."""
    documents = Document.objects.visible_to(user).filter(partnership=partnership)
    rows: list[Keyed] = [
        *[of_activity(row) for row in partnership.activities.all()],
        *[of_contribution(row) for row in partnership.contributions.select_related("giver", "receiver")],
        *[of_document(row, partnership) for row in documents],
    ]
    rows.sort(key=lambda pair: pair[1].at, reverse=True)
    if not may_change:
        return [entry for _key, entry in rows]
    evidence = Evidence.objects.filter(assessment__partnership=partnership).select_related("assessment")
    settled, used = set(), set()
    for piece in evidence:
        key = next(
            (family, pk)
            for family, pk in [
                ("activity", piece.activity_id),
                ("contribution", piece.contribution_id),
                ("document", piece.document_id),
            ]
            if pk is not None
        )
        used.add(key)
        if piece.assessment.state not in WITH_THE_AUTHORITY:
            settled.add(key)
    return [
        replace(
            entry,
            edit_url="" if key in settled else reverse("partnerships:record_edit", args=[partnership.reference, *key]),
            remove_url="" if key in used else reverse("partnerships:record_delete", args=[partnership.reference, *key]),
        )
        for key, entry in rows
    ]


def of_activity(row: Activity) -> Keyed:
    parts = [
        ngettext("%(count)d person", "%(count)d people", row.participants) % {"count": row.participants}
        if row.participants
        else "",
        ngettext("%(count)d woman", "%(count)d women", row.women) % {"count": row.women} if row.women else "",
        ngettext("%(count)d man", "%(count)d men", row.men) % {"count": row.men} if row.men else "",
        _("languages: %(languages)s") % {"languages": row.languages} if row.languages else "",
    ]
    return ("activity", row.pk), Entry(
        at=row.held_on,
        title=row.title,
        kind=row.get_kind_display(),
        stage=row.get_stage_display(),
        icon="calendar-event",
        text=row.description,
        facts=" · ".join(filter(None, parts)),
    )


def of_contribution(row: Contribution) -> Keyed:
    quantity = f"{write_number(row.quantity)} {row.unit}".strip() if row.quantity else ""
    amount = write_amount(row.amount, row.currency) if row.amount else ""
    return ("contribution", row.pk), Entry(
        at=row.given_on,
        title=row.description,
        kind=row.get_kind_display(),
        stage="",
        icon="gift",
        text=_("From %(giver)s to %(receiver)s") % {"giver": row.giver.name, "receiver": row.receiver.name},
        facts=" · ".join(filter(None, [quantity, amount])),
    )


def of_document(row: Document, partnership: Partnership) -> Keyed:
    parts = [
        _("signed by all parties") if row.signed_by_all else "",
        _("valid until %(date)s") % {"date": formats.date_format(row.valid_until)} if row.valid_until else "",
    ]
    return ("document", row.pk), Entry(
        at=row.dated_on,
        title=row.title,
        kind=row.get_kind_display(),
        stage=row.get_stage_display(),
        icon="file-earmark-text",
        facts=" · ".join(filter(None, parts)),
        url=reverse("partnerships:document_download", args=[partnership.reference, row.pk]),
        is_private=not row.is_public,
    )
