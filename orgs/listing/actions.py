"""Organisations that did not register themselves: listed by staff, then claimed by their own people or taken off at their word."""

import datetime
import logging

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs import installation
from orgs.accounts.actions import open_account
from orgs.listing.refusals import identity_of, refuse_what_reviewers_decide, refuse_who_wants_no_listing
from orgs.listing.taken_off import forget_addresses, sign_of, signs_of
from orgs.mail.emails import queue_email, queue_email_to, write_to
from orgs.members import actions as members
from orgs.models import (
    Invitation,
    JoinRequest,
    Listing,
    Membership,
    Organisation,
    ReviewedProfile,
    Territory,
    User,
)
from orgs.organisations import actions as organisations
from orgs.permissions import (
    can_ask_to_join,
    can_decide_join_request,
    can_invite_to_claim,
    can_list_organisations,
    is_member_of_led,
    leaders_of,
    reviewers_or_administrators,
)

State = JoinRequest.State
logger = logging.getLogger(__name__)
JOIN_SALT = "orgs.listing.join"
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
    """Public at once, marked as unclaimed. Where an `email` of it is known, its people are asked to claim it, or to have it taken off.

    Refused is what asked not to be listed, and what is known and waits for a reviewer.
    """
    if not can_list_organisations(by):
        raise PermissionDenied
    organisation = Organisation(name=name, kind=kind, territory=territory, website=website, is_listed=True)
    if organisation.is_authority:
        raise PermissionDenied
    told = identity_of(organisation, email)
    refuse_who_wants_no_listing(told)
    refuse_what_reviewers_decide(told, by=by)
    organisation = organisations.store_new(organisation)
    organisation.works_in.set([territory])
    Listing.objects.create(organisation=organisation, listed_by=by, listed_for=listed_for, source=source)
    if email:
        invite_to_claim(organisation=organisation, email=email, language=language, by=by)
    return organisation


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
                language = organisation.written_in
                if language not in settings.OFFERED_LANGUAGES:
                    language = installation.current().default_language
                invite_to_claim(organisation=organisation, email=email, language=language, by=listing.listed_by)
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
    """By whoever reads the mail of the organisation. What was written about it goes; its name stays, and signs of its website and addresses,
    so that nobody lists it again.
    """
    organisation = Organisation.objects.select_for_update().get(pk=listing.organisation_id)
    listing = Listing.objects.select_for_update().get(pk=listing.pk)
    if listing.opted_out_at is not None:
        return
    if listing.claimed_at is not None:
        raise ValidationError(_("Somebody of the organisation has claimed it meanwhile. They can take it off."))
    written_to = organisation.invitations.filter(accepted_at=None).values_list("email", flat=True)
    listing.signs = signs_of(organisation.website, [organisation.public_email, listing.notice_email, *written_to])
    listing.opted_out_at, listing.notice_email = timezone.now(), ""
    listing.save()
    organisation.invitations.open().update(withdrawn_at=timezone.now())
    forget_addresses(organisation)
    organisation.join_requests.unconfirmed().delete()
    organisation.join_requests.open().update(state=State.WITHDRAWN)
    organisation.services.all().delete()
    organisation.capacities.all().delete()
    organisation.volunteer_opportunities.all().delete()
    organisation.contacts.all().delete()
    ReviewedProfile.objects.filter(organisation=organisation).delete()
    said = dict.fromkeys(("description", "website", "public_email", "public_phone", "address"), "")
    Organisation.objects.filter(pk=organisation.pk).update(is_listed=False, closed_on=timezone.localdate(), **said)
    history = apps.get_model("orgs.OrganisationEvent")._base_manager
    history.filter(pgh_obj_id=organisation.pk).update(**said)


@transaction.atomic
def ask_to_join(*, organisation: Organisation, said: str, by: User) -> JoinRequest:
    """Those who decide hear of it by e-mail: who leads the organisation, else its reviewers, else administrators."""
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if not can_ask_to_join(by, organisation):
        raise PermissionDenied
    request = JoinRequest(organisation=organisation, user=by, said=said.strip())
    request.full_clean()
    request.save()
    tell_deciders(request, by)
    return request


@transaction.atomic
def ask_to_join_by_email(*, organisation: Organisation, name: str, email: str, said: str, language: str) -> JoinRequest:
    """By somebody who is not logged in. The letter is the same to every address, whether the portal knows it or not, and has no word that
    they typed; nobody else hears of the request before somebody has confirmed the address.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if not (organisation.is_published and can_ask_to_join(AnonymousUser(), organisation)):
        raise PermissionDenied
    request = JoinRequest(
        organisation=organisation,
        state=State.UNCONFIRMED,
        name=name.strip(),
        email=email.lower(),
        language=language,
        said=said.strip(),
    )
    request.full_clean()
    request.save()
    path = reverse("orgs:join_confirm", args=[signing.dumps(request.pk, salt=JOIN_SALT)])
    context = {"organisation": organisation, "path": path, "days": JoinRequest.DAYS_UNCONFIRMED}
    queue_email("join_confirm", to=request.email, language=language, context=context)
    return request


def asked_in_letter(token: str) -> JoinRequest | None:
    """The request that the address in a letter names, if nobody tampered with it; before it is confirmed, as long as that takes no longer
    than it may.
    """
    try:
        request = JoinRequest.objects.select_related("organisation").get(pk=signing.loads(token, salt=JOIN_SALT))
    except (signing.BadSignature, JoinRequest.DoesNotExist):
        return None
    is_stale = request.state == State.UNCONFIRMED and request.asked_at < last_unconfirmed(timezone.now())
    return None if is_stale else request


@transaction.atomic
def confirm_join_request(*, request: JoinRequest) -> tuple[JoinRequest, bool]:
    """By whoever reads the mail of its address: it becomes the request of that person's account, which is opened where there was none, and
    those who decide hear of it. Once, however often pressed. With it, whether the account is new.
    """
    organisation = Organisation.objects.select_for_update().get(pk=request.organisation_id)
    found = JoinRequest.objects.select_for_update().filter(pk=request.pk).first()
    if found is None:
        raise ValidationError(_("You have already asked. Those who decide have your request."))
    if found.state != State.UNCONFIRMED:
        return found, False
    user, is_new = open_account(email=found.email, name=found.name, language=found.language)
    refuse_who_cannot_ask(user, organisation)
    organisation.join_requests.unconfirmed().filter(email=found.email).exclude(pk=found.pk).delete()
    found.user, found.state, found.asked_at, found.name, found.email = user, State.OPEN, timezone.now(), "", ""
    found.full_clean()
    found.save()
    tell_deciders(found, user)
    return found, is_new


def refuse_who_cannot_ask(user: User, organisation: Organisation) -> None:
    """Says why, to somebody who has proved that the account is theirs."""
    if not user.is_active:
        raise ValidationError(_("This account is closed. Its owner cannot log in."))
    if is_member_of_led(user, organisation):
        raise ValidationError(_("You belong to this organisation already. Log in with your e-mail address."))
    if not (organisation.is_published and can_ask_to_join(user, organisation)):
        raise ValidationError(_("This organisation is no longer here, so that nobody can ask to act for it."))
    if organisation.join_requests.open().filter(user=user).exists():
        raise ValidationError(_("You have already asked. Those who decide have your request."))


@transaction.atomic
def remove_unconfirmed_requests(*, now: datetime.datetime) -> int:
    """Nobody's data waits for ever: a request whose address nobody has confirmed goes after `JoinRequest.DAYS_UNCONFIRMED` days."""
    return JoinRequest.objects.unconfirmed().filter(asked_at__lt=last_unconfirmed(now)).delete()[0]


def last_unconfirmed(now: datetime.datetime) -> datetime.datetime:
    """From when on an unconfirmed request holds."""
    return now - datetime.timedelta(days=JoinRequest.DAYS_UNCONFIRMED)


def tell_deciders(request: JoinRequest, by: User) -> None:
    organisation = request.organisation
    deciders = leaders_of(organisation) or reviewers_or_administrators(organisation, but=by.pk)
    write_to(deciders, "join_asked", {"request": request, "organisation": organisation})


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
    asking = request.user
    assert asking is not None, "join_request_by_an_account_or_unconfirmed"
    is_first = not leaders_of(organisation).exists()
    request.state = State.ACCEPTED if is_accepted else State.REFUSED
    request.decided_by, request.decided_at, request.reasons = by, timezone.now(), reasons.strip()
    request.full_clean()
    request.save()
    if is_accepted:
        given = Membership.Role.OWNER if is_first else Membership.Role(role or Membership.Role.EDITOR)
        own = organisation.memberships.active().filter(user=asking).first() if is_first else None
        if own is not None:
            members.change_role(membership=own, role=given, by=by)
        else:
            members.add_member(organisation=organisation, user=asking, role=given, by=by)
    queue_email_to(asking, f"join_{request.state}", {"request": request, "organisation": organisation})
    return request


@transaction.atomic
def withdraw_join_request(*, request: JoinRequest, by: User) -> None:
    if request.user != by:
        raise PermissionDenied
    JoinRequest.objects.filter(pk=request.pk, state=State.OPEN).update(state=State.WITHDRAWN)
