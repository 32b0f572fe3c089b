"""Activities, contributions and documents: what happens in a partnership, and later its evidence."""

import datetime
import hashlib
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.models import Organisation, User
from partnerships.agreements.actions import locked, refuse_unless
from partnerships.engagement.evidence import date_of
from partnerships.models import Activity, Contribution, Document, Partnership, PartnershipParty
from partnerships.records import document_files
from partnerships.vocabulary import WITH_THE_AUTHORITY, PartnershipState


def check_date(partnership: Partnership, date: datetime.date) -> None:
    """Nothing is logged for a day to come. An ended partnership still takes records of the time when it ran."""
    refuse_unless(date <= timezone.localdate(), _("This date lies in the future. Log it when it has happened."))
    if partnership.state == PartnershipState.ENDED and partnership.ends_on is not None:
        refuse_unless(date <= partnership.ends_on, _("The partnership had ended by that date."))


def check_parties(partnership: Partnership, giver: Organisation, receiver: Organisation) -> None:
    parties = set(PartnershipParty.objects.filter(partnership=partnership).values_list("organisation", flat=True))
    refuse_unless(
        {giver.pk, receiver.pk} <= parties, _("A contribution goes from one party of the partnership to another.")
    )


@transaction.atomic
def log_activity(
    *,
    partnership: Partnership,
    kind: str,
    stage: str,
    title: str,
    held_on: datetime.date,
    description: str = "",
    languages: str = "",
    decision_on: datetime.date | None = None,
    women: int | None = None,
    men: int | None = None,
    participants: int | None = None,
    by: User,
) -> Activity:
    check_date(locked(partnership), held_on)
    activity = Activity(
        partnership=partnership,
        kind=kind,
        stage=stage,
        title=title,
        held_on=held_on,
        description=description,
        languages=languages,
        decision_on=decision_on,
        women=women,
        men=men,
        participants=participants,
        logged_by=by,
    )
    activity.full_clean()
    is_known = Activity.objects.filter(
        partnership=partnership, kind=kind, stage=stage, title=title, held_on=held_on
    ).exists()
    refuse_unless(not is_known, _("This activity has already been logged."))
    activity.save()
    return activity


@transaction.atomic
def log_contribution(
    *,
    partnership: Partnership,
    giver: Organisation,
    receiver: Organisation,
    kind: str,
    description: str,
    given_on: datetime.date,
    quantity: Decimal | None = None,
    unit: str = "",
    amount: Decimal | None = None,
    currency: str = "EUR",
    by: User,
) -> Contribution:
    """Both giver and receiver are parties."""
    check_date(locked(partnership), given_on)
    check_parties(partnership, giver, receiver)
    contribution = Contribution(
        partnership=partnership,
        giver=giver,
        receiver=receiver,
        kind=kind,
        description=description,
        given_on=given_on,
        quantity=quantity,
        unit=unit,
        amount=amount,
        currency=currency,
        logged_by=by,
    )
    contribution.full_clean()
    known = Contribution.objects.filter(
        partnership=partnership, giver=giver, receiver=receiver, kind=kind, description=description, given_on=given_on
    )
    refuse_unless(
        not known.filter(amount=amount, quantity=quantity).exists(), _("This contribution has already been logged.")
    )
    contribution.save()
    return contribution


@transaction.atomic
def add_document(
    *,
    partnership: Partnership,
    kind: str,
    stage: str,
    title: str,
    dated_on: datetime.date,
    file: "File[Any]",
    decision_on: datetime.date | None = None,
    valid_until: datetime.date | None = None,
    signed_by_all: bool = False,
    language: str = "",
    is_public: bool = False,
    by: User,
) -> Document:
    """Takes a file of a known, harmless type. It is stored under a name that nobody can guess and served by a view
    that asks who may.
    """
    check_date(locked(partnership), dated_on)
    upload = document_files.examine(file)
    document = Document(
        partnership=partnership,
        kind=kind,
        stage=stage,
        title=title,
        dated_on=dated_on,
        decision_on=decision_on,
        valid_until=valid_until,
        signed_by_all=signed_by_all,
        language=language,
        is_public=is_public,
        file_name=upload.name,
        content_type=upload.content_type,
        size=file.size,
        checksum=checksum_of(file),
        uploaded_by=by,
    )
    document.full_clean(exclude=["file"])
    known = Document.objects.filter(partnership=partnership, kind=kind, dated_on=dated_on, checksum=document.checksum)
    refuse_unless(not known.exists(), _("This document is already here."))
    document.file.save(upload.name, file, save=False)
    document.save()
    return document


def checksum_of(file: "File[Any]") -> str:
    digest = hashlib.sha256()
    file.seek(0)
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


@transaction.atomic
def revise_record(*, record: Activity | Contribution | Document, by: User) -> None:
    """Saves the changed facts that `record` carries.

    What a reviewer reads or has judged stays as it is; while the authority prepares its claim a record can be mended,
    and a verdict of an earlier round on it falls.
    """
    check_date(locked(record.partnership), date_of(record))
    settled = record.evidence.exclude(assessment__state__in=WITH_THE_AUTHORITY)
    refuse_unless(
        not settled.exists(), _("This record stands as evidence in a claim that was submitted. It stays as it is.")
    )
    if isinstance(record, Contribution):
        check_parties(record.partnership, record.giver, record.receiver)
    record.full_clean()
    record.save()
    record.evidence.update(is_accepted=None)


@transaction.atomic
def remove_record(*, record: Activity | Contribution | Document, by: User) -> None:
    """Takes back what was logged by mistake, unless it stands as evidence."""
    locked(record.partnership)
    if record.evidence.exists():
        raise ValidationError(_("This record stands as evidence in an assessment and cannot be removed."))
    if isinstance(record, Document):
        transaction.on_commit(partial(record.file.storage.delete, str(record.file.name)))
    record.delete()
