from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from orgs.mail.emails import queue_email_to
from orgs.models import User


@transaction.atomic
def open_account(*, email: str, name: str, language: str) -> tuple[User, bool]:
    """The account of whoever reads the mail of `email`, and whether it is new.

    Only for somebody who has proved that: the address counts as confirmed from then on. A new account has no password; its owner sets
    one, or logs in by code.
    """
    email = email.lower()
    known = EmailAddress.objects.filter(email=email, verified=True).select_related("user").first()
    if known is not None:
        return known.user, False
    user, is_new = User.objects.get_or_create(email=email, defaults={"name": name, "language": language})
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    address, _ = EmailAddress.objects.get_or_create(user=user, email=email)
    address.set_verified()
    address.set_as_primary(conditional=True)
    return user, is_new


@transaction.atomic
def remove_second_step(*, user: User) -> int:
    """For whoever has lost the device and the recovery codes; whoever asks for it must have been recognised by other means.

    All sessions end, since nobody knows who has the device; the person is told. The number of devices and sets of codes removed.
    """
    removed = Authenticator.objects.filter(user=user).delete()[0]
    if removed:
        for session in UserSession.objects.filter(user=user):
            session.end()
        queue_email_to(user, "second_step_removed", {})
    return removed
