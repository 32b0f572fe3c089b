"""Organisations that did not register themselves: listed by staff, then claimed by their own people or taken off at their word."""

import logging
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from orgs.mail.emails import queue_email_to, write_to
from orgs.members import actions as members
from orgs.models import (
    ImportedOrganisation,
    Invitation,
    JoinRequest,
    Listing,
    Membership,
    Organisation,
    Territory,
    User,
)
from orgs.organisations import actions as organisations
from orgs.permissions import (
    can_ask_to_join,
    can_decide_join_request,
    can_invite_to_claim,
    can_list_organisations,
    leaders_of,
    reviewers_of,
)

State = JoinRequest.State
logger = logging.getLogger(__name__)
TAKEN_OFF = "@taken-off.invalid"
TOLD_AT_ONCE = 200
"""Letters: the next ones wait for the next round, a minute later."""


@transaction.atomic
def list_organisation(
    *,
    name: str,
    kind: str,
    territory: Territory,
    website: str = "",
    source: str = "",
    listed_for: Organisation | None = None,
    email: str = "",
    language: str | None = None,
    by: User,
) -> Organisation:
    """Public at once, marked as unclaimed. Where an `email` of it is known, its people are asked to claim it, or to have it taken off."""
    if not can_list_organisations(by):
        raise PermissionDenied
    organisation = Organisation(name=name, kind=kind, territory=territory, website=website, is_listed=True)
    if organisation.is_authority:
        raise PermissionDenied
    refuse_who_wants_no_listing(organisation)
    organisation = organisations.store_new(organisation)
    organisation.works_in.set([territory])
    Listing.objects.create(organisation=organisation, listed_by=by, listed_for=listed_for, source=source)
    if email:
        invite_to_claim(organisation=organisation, email=email, language=language, by=by)
    return organisation


def refuse_who_wants_no_listing(organisation: Organisation) -> None:
    """What was taken off at the word of its people is not put back by the next list that names it."""
    gone = Organisation.objects.named(organisation.name).filter(
        territory=organisation.territory, listing__opted_out_at__isnull=False
    )
    if gone.exists():
        raise ValidationError({"name": _("This organisation has asked not to be listed here.")})


@transaction.atomic
def invite_to_claim(*, organisation: Organisation, email: str, language: str | None = None, by: User) -> None:
    """By e-mail, with two links: to claim it, and to have it taken off."""
    if not can_invite_to_claim(by, organisation):
        raise PermissionDenied
    members.invite_member(organisation=organisation, email=email, role=Membership.Role.OWNER, language=language, by=by)


def tell_listed() -> int:
    """Writes to those whose address a list named, once for ever, with the letter of `invite_to_claim`; to how many. Some at a time, each kept
    when its letter is on its way, so that one who dies midway tells nobody twice.
    """
    found = Listing.objects.to_be_told().order_by("pk")
    return sum(tell(pk) for pk in found.values_list("pk", flat=True)[:TOLD_AT_ONCE])


@transaction.atomic
def tell(pk: int) -> int:
    """Locks the organisation first, as everybody does who changes its listing."""
    organisation = Organisation.objects.select_for_update(skip_locked=True, of=("self",)).filter(listing=pk).first()
    if organisation is None:
        return 0
    waiting = Listing.objects.to_be_told().select_for_update(skip_locked=True, of=("self",))
    listing = waiting.select_related("listed_by").filter(pk=pk).first()
    if listing is None:
        return 0
    email, listing.notice_email = listing.notice_email, ""
    is_due = listing.is_unclaimed and listing.notified_at is None and not organisation.invitations.exists()
    if is_due and not was_told(email):
        try:
            with transaction.atomic():
                language = organisation.written_in if organisation.written_in in dict(settings.LANGUAGES) else None
                invite_to_claim(
                    organisation=organisation,
                    email=email,
                    language=language or settings.LANGUAGE_CODE,
                    by=listing.listed_by,
                )
            listing.notified_at = timezone.now()
        except (ValidationError, PermissionDenied) as refusal:
            # It is closed, or whoever stored the list is no administrator any more: nobody writes in their name.
            logger.warning("nobody wrote to organisation %s: %r", organisation.pk, refusal)
    listing.save(update_fields=["notice_email", "notified_at"])
    return int(listing.notified_at is not None)


def was_told(email: str) -> bool:
    """By the list of another organisation, or for one that was then taken off: nobody gets a second letter of this kind."""
    to_them = Invitation.objects.filter(email__in=[email.lower(), sign_of(email)])
    return to_them.filter(
        Q(organisation__listing__notified_at__isnull=False) | Q(organisation__listing__opted_out_at__isnull=False)
    ).exists()


def listing_of(token: str) -> Listing | None:
    """What the address in a letter names, if nobody tampered with it and it still exists. It does not expire."""
    try:
        return Listing.objects.select_related("organisation").get(pk=signing.loads(token, salt=members.OPT_OUT_SALT))
    except (signing.BadSignature, Listing.DoesNotExist):
        return None


@transaction.atomic
def opt_out(*, listing: Listing) -> None:
    """By whoever reads the mail of the organisation. What was written about it goes; its name stays, so that nobody lists it again."""
    organisation = Organisation.objects.select_for_update().get(pk=listing.organisation_id)
    listing = Listing.objects.select_for_update().get(pk=listing.pk)
    if listing.opted_out_at is not None:
        return
    if listing.claimed_at is not None:
        raise ValidationError(_("Somebody of the organisation has claimed it meanwhile. They can take it off."))
    listing.opted_out_at, listing.notice_email = timezone.now(), ""
    listing.save()
    organisation.invitations.open().update(withdrawn_at=timezone.now())
    forget_addresses(organisation)
    organisation.join_requests.open().update(state=State.WITHDRAWN)
    organisation.services.all().delete()
    organisation.capacities.all().delete()
    organisation.volunteer_opportunities.all().delete()
    organisation.contacts.all().delete()
    Organisation.objects.filter(pk=organisation.pk).update(
        is_listed=False,
        closed_on=timezone.localdate(),
        description="",
        website="",
        public_email="",
        public_phone="",
        address="",
    )


OF_CONTACT = ("description", "website", "public_email", "public_phone", "address", "services")


def forget_addresses(organisation: Organisation) -> None:
    """In what imports keep for undoing, and to whom it was written: of these a sign stays, so that no other list writes to them again."""
    brought = list(organisation.brought_in.all())
    for one in brought:
        one.after = without_contact(one.after)
        one.before = None if one.before is None else without_contact(one.before)
    ImportedOrganisation.objects.bulk_update(brought, ["before", "after"])
    for invitation in organisation.invitations.filter(accepted_at=None):
        invitation.email = sign_of(invitation.email)
        invitation.save(update_fields=["email"])


def without_contact(facts: dict[str, Any]) -> dict[str, Any]:
    return {fact: value for fact, value in facts.items() if fact not in OF_CONTACT}


def sign_of(email: str) -> str:
    """In place of an address that shall not be written to. A sign stays as it is."""
    if email.endswith(TAKEN_OFF):
        return email
    return salted_hmac("orgs.listing.taken_off", email.lower(), algorithm="sha256").hexdigest()[:40] + TAKEN_OFF


@transaction.atomic
def ask_to_join(*, organisation: Organisation, said: str, by: User) -> JoinRequest:
    """Those who decide hear of it by e-mail: who leads the organisation, else its reviewers, else administrators."""
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if not can_ask_to_join(by, organisation):
        raise PermissionDenied
    request = JoinRequest(organisation=organisation, user=by, said=said.strip())
    request.full_clean()
    request.save()
    write_to(deciders_of(organisation, by), "join_asked", {"request": request, "organisation": organisation})
    return request


def deciders_of(organisation: Organisation, asking: User) -> list[User]:
    leaders = list(leaders_of(organisation))
    if leaders:
        return leaders
    reviewers = list(reviewers_of(organisation).exclude(pk=asking.pk))
    return reviewers or list(User.objects.filter(is_staff=True, is_active=True).exclude(pk=asking.pk))


@transaction.atomic
def decide_join_request(
    *, request: JoinRequest, is_accepted: bool, role: str = "", reasons: str = "", by: User
) -> JoinRequest:
    """The first one of an organisation becomes its owner; of one with owners, what these say."""
    organisation = Organisation.objects.select_for_update().get(pk=request.organisation_id)
    request = JoinRequest.objects.select_for_update().get(pk=request.pk)
    if request.state != State.OPEN:
        raise ValidationError(_("This has been decided or withdrawn already. Your decision was not stored."))
    if not can_decide_join_request(by, request):
        raise PermissionDenied
    if organisation.closed_on is not None:
        raise ValidationError(_("Nobody can join a closed organisation."))
    if not is_accepted and not reasons.strip():
        raise ValidationError({"reasons": _("Say why you refuse it, so that they can answer.")})
    is_first = not leaders_of(organisation).exists()
    request.state = State.ACCEPTED if is_accepted else State.REFUSED
    request.decided_by, request.decided_at, request.reasons = by, timezone.now(), reasons.strip()
    request.full_clean()
    request.save()
    if is_accepted:
        given = Membership.Role.OWNER if is_first else Membership.Role(role or Membership.Role.EDITOR)
        members.add_member(organisation=organisation, user=request.user, role=given, by=by)
    queue_email_to(request.user, f"join_{request.state}", {"request": request, "organisation": organisation})
    return request


@transaction.atomic
def withdraw_join_request(*, request: JoinRequest, by: User) -> None:
    if request.user != by:
        raise PermissionDenied
    JoinRequest.objects.filter(pk=request.pk, state=State.OPEN).update(state=State.WITHDRAWN)
