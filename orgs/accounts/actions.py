from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from orgs.accounts import first_administrator
from orgs.locks import RegistryLock, lock_until_commit
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
    address, _is_new = EmailAddress.objects.get_or_create(user=user, email=email)
    address.set_verified()
    address.set_as_primary(conditional=True)
    return user, is_new


@transaction.atomic
def create_first_administrator(*, email: str, name: str, password: str, language: str) -> User:
    """For somebody who has read the code in the log. Of several at once one becomes it."""
    lock_until_commit(RegistryLock.FIRST_ADMINISTRATOR, 0)
    if not first_administrator.is_missing():
        raise ValidationError(_("This portal already has an administrator."))
    if EmailAddress.objects.filter(email__iexact=email).exists() or User.objects.filter(email__iexact=email).exists():
        raise ValidationError({"email": _("There is already an account with this e-mail address.")})
    return make_administrator(email=email, name=name, password=password, language=language)


@transaction.atomic
def make_administrator(*, email: str, name: str, language: str, password: str = "") -> User:
    """For whoever controls the server: the account is opened where there is none, and its address counts as confirmed."""
    user, _is_new = open_account(email=email, name=name, language=language)
    user.is_staff = user.is_active = True
    if password:
        user.set_password(password)
    user.save(update_fields=["is_staff", "is_active", "password"])
    return user


def password_path(user: User) -> str:
    """Where a password is set, once: the address holds until then, and for three days."""
    key = default_token_generator.make_token(user)
    return reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])


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
