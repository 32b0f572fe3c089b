import datetime
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

from allauth.account.models import EmailAddress
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.accounts.actions import open_account
from orgs.mail.emails import queue_email, queue_email_to
from orgs.members.actions import add_member
from orgs.models import Membership, Organisation, Registration, Service, ServiceType, User
from orgs.organisations.actions import new_organisation_reference, set_contact, store_new
from orgs.services.actions import save_service
from orgs.verification.actions import submit_for_verification

CONFIRMATION_SALT = "orgs.registration"
CONFIRMATION_VALID = datetime.timedelta(days=7)


class WhoFacts(TypedDict):
    name: str
    acronym: str
    kind: str
    marks: list[str]
    founded_year: int | None


class WhereFacts(TypedDict):
    territory: int
    works_in: list[int]
    domains: list[int]
    languages: list[str]
    description: str
    written_in: str
    service_title: str
    service_contact: str
    service_type: int | None
    service_domain: int | None
    service_marks: list[str]


class ContactFacts(TypedDict):
    contact_name: str
    contact_role: str
    email: str
    phone: str
    email_is_public: bool


class Confirmed(NamedTuple):
    registration: Registration
    organisation: Organisation
    user: User
    account_is_new: bool


class Letter(NamedTuple):
    """What the address in a letter of confirmation says."""

    registration: Registration
    email: str
    is_expired: bool


@transaction.atomic
def begin_registration(*, language: str, by: User | None) -> Registration:
    return Registration.objects.create(language=language, begun_by=by)


@transaction.atomic
def save_registration_page(
    *,
    registration: Registration,
    page: str,
    typed: Mapping[str, list[str]],
    facts: Mapping[str, Any] | None,
    by: User | None,
) -> Registration:
    """Keeps a page as it was typed; `facts` is what it says once it is valid, None until then."""
    registration = Registration.objects.select_for_update().get(pk=registration.pk)
    refuse_if_confirmed(registration)
    registration.answers[Registration.Page(page)] = {"typed": dict(typed), "facts": facts}
    registration.saved_at = timezone.now()
    if by is not None and registration.begun_by is None:
        registration.begun_by = by
    registration.save()
    return registration


@transaction.atomic
def send_registration(*, registration: Registration, by: User | None) -> Registration:
    """Gives it a reference and asks the contact to confirm the address; pressing the button twice sends one letter.

    Somebody who is logged in and gives a confirmed address of their own has no need of that: the organisation exists at once.
    """
    registration = Registration.objects.select_for_update().get(pk=registration.pk)
    if registration.confirmed_at is not None:
        return registration
    if not registration.is_complete:
        raise ValidationError(_("Some pages are not finished yet."))
    email = registration.answers[Registration.Page.CONTACT]["facts"]["email"].lower()
    is_sent = registration.sent_to == email
    registration.reference = registration.reference or new_organisation_reference()
    registration.sent_at = registration.sent_at or timezone.now()
    registration.sent_to = email
    registration.full_clean()
    registration.save()
    if by is not None and EmailAddress.objects.filter(user=by, email__iexact=email, verified=True).exists():
        return complete(registration, by).registration
    if not is_sent:
        send_confirmation_letter(registration)
    return registration


@transaction.atomic
def send_confirmation_again(*, registration: Registration, by: User | None) -> None:
    registration = Registration.objects.select_for_update().get(pk=registration.pk)
    if registration.sent_at is not None and registration.confirmed_at is None:
        send_confirmation_letter(registration)


@transaction.atomic
def confirm_registration(*, registration: Registration, email: str, by: User | None) -> Confirmed:
    """By whoever reads the mail of `email`: opens the account where there is none, and the organisation. Once, however often pressed.

    Who began it while logged in, gave another address and is still the same person keeps the organisation in the account that they have.
    """
    registration = Registration.objects.select_for_update().get(pk=registration.pk)
    if registration.organisation is not None:
        raise ValidationError(_("This address has already been confirmed."), code="confirmed")
    if registration.sent_to != email or not registration.is_complete:
        raise ValidationError(_("Another address was given in the meantime. Use the e-mail sent to that address."))
    contact: ContactFacts = registration.answers[Registration.Page.CONTACT]["facts"]
    if by is not None and by.pk == registration.begun_by_id:
        return complete(registration, by)
    user, is_new = open_account(email=email, name=contact["contact_name"], language=registration.language)
    return complete(registration, user)._replace(account_is_new=is_new)


@transaction.atomic
def discard_registration(*, registration: Registration, by: User | None) -> None:
    Registration.objects.filter(pk=registration.pk, confirmed_at=None).delete()


@transaction.atomic
def remove_stale_drafts(*, now: datetime.datetime) -> int:
    """Nobody's data waits for ever: what was begun and not confirmed goes after `Registration.DAYS_KEPT` days."""
    last = now - datetime.timedelta(days=Registration.DAYS_KEPT)
    stale = Registration.objects.filter(confirmed_at=None, created_at__lt=last).exclude(saved_at__gte=last)
    return stale.delete()[0]


def complete(registration: Registration, user: User) -> Confirmed:
    """Makes the organisation of the answers, with `user` as its owner, and puts it before the reviewers."""
    who: WhoFacts = registration.answers[Registration.Page.WHO]["facts"]
    where: WhereFacts = registration.answers[Registration.Page.WHERE]["facts"]
    contact: ContactFacts = registration.answers[Registration.Page.CONTACT]["facts"]
    organisation = store_new(
        Organisation(
            reference=registration.reference,
            territory_id=where["territory"],
            languages=where["languages"],
            description=where["description"],
            written_in=where["written_in"],
            public_email=contact["email"] if contact["email_is_public"] else "",
            **who,
        )
    )
    organisation.works_in.set(where["works_in"] or [where["territory"]])
    organisation.domains.set(where["domains"])
    if where["service_domain"] is not None:
        marks = dict.fromkeys(where["service_marks"], True)
        reached = where.get("service_contact", "")
        save_service(
            service=Service(
                organisation=organisation,
                title=where["service_title"],
                **{"email" if "@" in reached else "telephone": reached},
                type=ServiceType.objects.filter(pk__in=[where["service_type"]]).first(),  # It may be gone by now.
                domain_id=where["service_domain"],
                languages=where["languages"],
                written_in=where["written_in"],
                **marks,
            ),
            by=user,
        )
    add_member(organisation=organisation, user=user, role=Membership.Role.OWNER, by=None)
    set_contact(
        organisation=organisation,
        name=contact["contact_name"],
        role=contact["contact_role"],
        email=contact["email"],
        phone=contact["phone"],
        by=user,
    )
    submit_for_verification(organisation=organisation, by=user)
    registration.organisation, registration.confirmed_at = organisation, timezone.now()
    # From here on the organisation holds them; a second copy of somebody's telephone number serves nobody.
    registration.answers, registration.sent_to = {}, ""
    registration.save()
    queue_email_to(user, "registration_received", {"organisation": organisation})
    return Confirmed(registration, organisation, user, account_is_new=False)


def send_confirmation_letter(registration: Registration) -> None:
    """The same to every address, whether the portal knows it or not."""
    token = signing.dumps([registration.key.hex, registration.sent_to], salt=CONFIRMATION_SALT)
    queue_email(
        "registration_confirm",
        to=registration.sent_to,
        language=registration.language,
        context={
            "registration": registration,
            "name": registration.answers[Registration.Page.WHO]["facts"]["name"],
            "path": reverse("orgs:registration_confirm", args=[token]),
            "days": CONFIRMATION_VALID.days,
        },
    )


def letter_of(token: str) -> Letter | None:
    """What the address in a letter says, if nobody tampered with it and the registration still exists."""
    try:
        key, email = signing.loads(token, salt=CONFIRMATION_SALT)
        registration = Registration.objects.select_related("organisation").get(key=uuid.UUID(key))
    except (signing.BadSignature, Registration.DoesNotExist):
        return None
    try:
        signing.loads(token, salt=CONFIRMATION_SALT, max_age=CONFIRMATION_VALID)
    except signing.SignatureExpired:
        return Letter(registration, email, is_expired=True)
    return Letter(registration, email, is_expired=False)


def refuse_if_confirmed(registration: Registration) -> None:
    if registration.confirmed_at is not None:
        raise ValidationError(_("This registration is finished. Change the profile of the organisation instead."))
