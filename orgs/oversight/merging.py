"""Two entries of one organisation become one, and two again where that was a mistake."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.affiliations.actions import ask_anew
from orgs.mail.emails import write_to
from orgs.models import Organisation, OrganisationMerge, User
from orgs.oversight import merged_places
from orgs.permissions import leaders_of

FOLLOW = [
    "orgs.Service.organisation",
    "orgs.Capacity.organisation",
    "orgs.CapacityMatch.asked_by",
    "orgs.VolunteerOpportunity.organisation",
    "orgs.Remark.organisation",
    "orgs.Sponsorship.sponsor",
    "orgs.Sponsorship.sponsored",
    "orgs.FieldOfWork.organisation",
    "orgs.Affiliation.organisation",
    "orgs.Affiliation.parent",
    "orgs.Vouching.voucher",
]
"""Of this app, what then belongs to the kept one; apps above name theirs. What is the old entry's own story stays with it: its
verifications, changes, invitations, requests, contact, and who vouched for it; and so do its members, who would else become owners of another
organisation by having registered it a second time."""


@transaction.atomic
def merge_organisations(
    *, gone: Organisation, kept: Organisation, follow: Iterable[str], reason: str, by: User
) -> OrganisationMerge:
    """Everything of `follow` ("app.Model.field") that names the one then names the other, but what the other has already; the one is closed,
    and its address leads to the other. The numbers by which registers know the one are the other's then, where it has none of the same register,
    so that the next edition of a list finds it.
    """
    if not by.is_staff:
        raise PermissionDenied
    locked = {
        one.pk: one for one in Organisation.objects.select_for_update().filter(pk__in=[gone.pk, kept.pk]).order_by("pk")
    }
    gone, kept = locked[gone.pk], locked[kept.pk]
    if gone.is_authority or kept.is_authority:
        raise ValidationError(_("An authority is not merged: figures and rights rest on it."))
    if gone.closed_on is not None or kept.closed_on is not None:
        raise ValidationError(_("One of them is closed."))
    if any(one.suspended_on or one.measures.in_force().exists() for one in (gone, kept)):
        raise ValidationError(
            _("A measure is in force against one of them. Lift it first, or let them be two entries.")
        )
    if gone.merges_here.filter(undone_at=None).exists():
        raise ValidationError(
            _("Another entry was merged into this one. Undo that first, and merge both into the third.")
        )
    merge = OrganisationMerge(gone=gone, kept=kept, reason=reason.strip(), merged_by=by)
    merge.full_clean()
    told = [*leaders_of(gone), *leaders_of(kept)]
    before = merged_places.places_of([gone, kept])
    merge.moved = {name: move(name, gone, kept) for name in follow}
    ask_anew(kept)
    merge.identifiers = {scheme: code for scheme, code in gone.identifiers.items() if scheme not in kept.identifiers}
    kept.works_in.add(*gone.works_in.all())
    merge.places = merged_places.differences(before, merged_places.places_of([gone, kept]))
    merge.save()
    Organisation.objects.filter(pk=gone.pk).update(closed_on=timezone.localdate(), updated_at=timezone.now())
    kept.identifiers = {**merge.identifiers, **kept.identifiers}
    # A page that was opened before knows nothing of these numbers.
    Organisation.objects.filter(pk=kept.pk).update(identifiers=kept.identifiers, version=F("version") + 1)
    gone.invitations.open().update(withdrawn_at=timezone.now())
    write_to({person.pk: person for person in told}.values(), "organisation_merged", {"merge": merge})
    return merge


def move(name: str, gone: Organisation, kept: Organisation) -> list[int]:
    """The ids of the rows that moved. One that the kept organisation has already stays where it is, and one that ties the two to each other."""
    model, field = apps.get_model(name.rpartition(".")[0]), name.rpartition(".")[2]
    others = [one.name for one in model._meta.fields if one.related_model is Organisation and one.name != field]
    rows = model._base_manager.filter(**{field: gone}).exclude(
        reduce(or_, (Q(**{name: kept}) for name in others), Q(pk=None))
    )
    moved = []
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        try:
            with transaction.atomic():
                model._base_manager.filter(pk=pk).update(**{field: kept})
        except IntegrityError:
            continue
        moved.append(pk)
    return moved


def left_behind(merge: OrganisationMerge) -> int:
    """How many of the rows that could have moved stayed, since the kept one has their like."""
    return sum(
        apps.get_model(name.rpartition(".")[0])._base_manager.filter(**{name.rpartition(".")[2]: merge.gone}).count()
        for name in merge.moved
    )


def give_back(model: type[Model], field: str, rows: list[int], merge: OrganisationMerge) -> None:
    """One that the old entry has by now already stays with the kept one."""
    for pk in rows:
        try:
            with transaction.atomic():
                model._base_manager.filter(pk=pk, **{field: merge.kept_id}).update(**{field: merge.gone_id})
        except IntegrityError:
            continue


@transaction.atomic
def undo_merge(*, merge: OrganisationMerge, by: User) -> OrganisationMerge:
    """What moved goes back, but what has been removed or moved on since. What has come in for the kept one since stays there."""
    if not by.is_staff:
        raise PermissionDenied
    merge = OrganisationMerge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at is not None:
        return merge
    for name, rows in merge.moved.items():
        model, field = apps.get_model(name.rpartition(".")[0]), name.rpartition(".")[2]
        give_back(model, field, rows, merge)
    ask_anew(merge.gone)
    merged_places.give_back(merge.places)
    merge.places = {}
    kept = Organisation.objects.select_for_update().get(pk=merge.kept_id)
    left = {scheme: code for scheme, code in kept.identifiers.items() if merge.identifiers.get(scheme) != code}
    Organisation.objects.filter(pk=kept.pk).update(identifiers=left, version=F("version") + 1)
    Organisation.objects.get(pk=merge.gone_id).refuse_numbers_of_others()
    merge.undone_by, merge.undone_at = by, timezone.now()
    merge.save()
    Organisation.objects.filter(pk=merge.gone_id).update(closed_on=None, updated_at=timezone.now())
    return merge
