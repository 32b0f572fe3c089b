from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from orgs.accounts import first_administrator
from orgs.locks import RegistryLock, lock_until_commit
from orgs.mail.emails import queue_email, queue_email_to
from orgs.models import Organisation, User
from orgs.naming import address_upstairs
from orgs.permissions import is_administrator
from orgs.verification.actions import review_other_hands, tell_that_nobody_leads


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
def remove_second_step(*, user: User, by: User | None = None) -> int:
    """For whoever has lost the device and the recovery codes; whoever asks for it must have been recognised by other means.

    All sessions end, since nobody knows who has the device; the person is told. The number of devices and sets of codes removed.
    `by` an administrator, or nobody where it is done on the server.
    """
    if by is not None:
        refuse_others(by)
        refuse_own(user, by)
    removed = Authenticator.objects.filter(user=user).delete()[0]
    if removed:
        end_sessions(user)
        queue_email_to(user, "second_step_removed", {})
    return removed


def end_sessions(user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()


# --- What administrators do with the accounts of others --------------------------------------------------------------------


def refuse_others(by: User) -> None:
    if not is_administrator(by):
        raise PermissionDenied


def refuse_own(user: User, by: User) -> None:
    if user == by:
        raise ValidationError(_("You cannot do this to your own account. Ask another administrator."))


def locked_account(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


def refuse_taken_address(email: str, user: User | None = None) -> None:
    """Also one that is somebody's second address, confirmed or not: they would lose the way into their account."""
    taken = EmailAddress.objects.filter(email__iexact=email).exclude(user=user).exists()
    if taken or User.objects.filter(email__iexact=email).exclude(pk=user.pk if user else 0).exists():
        raise ValidationError({"email": _("There is already an account with this e-mail address.")})


def vouch_for_address(user: User) -> None:
    """There is nobody else to ask for a confirmation of it. Whoever reads the mail of an earlier one gets in no more."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


@transaction.atomic
def add_account(*, email: str, name: str, language: str, by: User) -> User:
    """Without a password: its owner sets one at an address in an e-mail (`send_password_link`), or logs in by code."""
    refuse_others(by)
    refuse_taken_address(email)
    user = User(email=email.lower(), name=name, language=language)
    user.set_unusable_password()
    user.full_clean()
    user.save()
    vouch_for_address(user)
    return user


@transaction.atomic
def change_account(*, user: User, email: str, name: str, language: str, by: User) -> User:
    """Who has had another address until now is told there, while it can still be stopped."""
    refuse_others(by)
    account = locked_account(user)
    before, account.email, account.name, account.language = account.email, email.lower(), name, language
    refuse_taken_address(account.email, account)
    account.full_clean(exclude=["password"])
    account.save(update_fields=["email", "name", "language"])
    if account.email != before:
        vouch_for_address(account)
        told = {"user": account, "from_email": before, "to_email": account.email}
        for address in (before, account.email):
            queue_email("address_changed", to=address, language=account.language, context=told)
    return account


@transaction.atomic
def send_password_link(*, user: User, by: User) -> None:
    """To the address of the account, so that its owner alone chooses the password."""
    refuse_others(by)
    account = locked_account(user)
    if not account.is_active:
        raise ValidationError(_("This account is closed. Reopen it first."))
    queue_email_to(account, "password_link", {"link": f"{settings.PUBLIC_URL}{password_path(account)}"})


def refuse_losing_rights(*, user: User, by: User) -> None:
    """There is always an administrator, and it is another one who takes somebody's rights away."""
    refuse_others(by)
    refuse_own(user, by)
    others = User.objects.administrators().filter(is_active=True).exclude(pk=user.pk)
    if user.is_staff and not others.exists():
        raise ValidationError(_("This is the last administrator. Make somebody else an administrator first."))


def locked_administrators(by: User) -> User:
    """Of two who take each other's rights away at one moment, one comes second, and is an administrator no more."""
    lock_until_commit(RegistryLock.ADMINISTRATORS, 0)
    current = User.objects.get(pk=by.pk)
    if not current.is_active:
        raise PermissionDenied
    return current


@transaction.atomic
def close_account(*, user: User, by: User) -> User:
    """Nobody logs in with it any more. What its owner did stays signed, so it is never deleted. Where it was the last one by which somebody
    acted for an organisation, those who answer for that hear of it."""
    by = locked_administrators(by)
    led = Organisation.objects.filter(pk__in=user.memberships.leading().values("organisation"))
    organisations = list(
        led.order_by("pk").select_for_update()
    )  # Before the account, as whoever changes who leads one.
    account = locked_account(user)
    refuse_losing_rights(user=account, by=by)
    if not account.is_active:
        raise ValidationError(_("This account is closed already."))
    account.is_active = False
    account.save(update_fields=["is_active"])
    end_sessions(account)
    queue_email_to(account, "account_closed", {})
    for organisation in organisations:
        review_other_hands(organisation)
        tell_that_nobody_leads(organisation)
    return account


@transaction.atomic
def reopen_account(*, user: User, by: User) -> User:
    """With all that its owner had."""
    refuse_others(by)
    account = locked_account(user)
    if account.is_active:
        raise ValidationError(_("This account is not closed."))
    account.is_active = True
    account.save(update_fields=["is_active"])
    queue_email_to(account, "account_reopened", {})
    return account


@transaction.atomic
def appoint_administrator(*, user: User, by: User) -> User:
    refuse_others(by)
    account = locked_account(user)
    if account.is_staff:
        raise ValidationError(_("This person is an administrator already."))
    if not account.is_active:
        raise ValidationError(_("This account is closed. Reopen it first."))
    account.is_staff = True
    account.save(update_fields=["is_staff"])
    queue_email_to(account, "administrator_appointed", {"path": address_upstairs("administration")})
    return account


@transaction.atomic
def dismiss_administrator(*, user: User, by: User) -> User:
    """What they may do as a member or a reviewer stays."""
    by = locked_administrators(by)
    account = locked_account(user)
    refuse_losing_rights(user=account, by=by)
    if not account.is_staff:
        raise ValidationError(_("This person is no administrator."))
    account.is_staff = False
    account.is_superuser = False
    account.save(update_fields=["is_staff", "is_superuser"])
    queue_email_to(account, "administrator_dismissed", {})
    return account
