"""How people log in: by e-mail address, through allauth; and from where they come, as far as that can be known."""

from ipaddress import ip_address
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from orgs import installation
from orgs.mail.emails import queue_email
from orgs.models import User


def client_address(request: HttpRequest) -> str:
    """The address that the outermost trusted proxy saw, by which every limit counts.

    Each proxy adds to X-Forwarded-For, on the right, who connected to it; whatever stands further left was sent by the client itself and is
    worth nothing. A request that came past fewer proxies than TRUSTED_PROXY_COUNT, as a probe of the machine's own does, is its sender's.
    """
    trusted = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    passed = request.META.get("HTTP_X_FORWARDED_FOR", "") if trusted else ""
    chain = [*filter(None, passed.split(",")), request.META.get("REMOTE_ADDR", "")]
    seen = chain[-trusted - 1] if trusted < len(chain) else chain[0]
    return readable_address(seen) or readable_address(chain[-1]) or "127.0.0.1"  # A proxy on a Unix socket has none.


def readable_address(text: str) -> str:
    """Without the port that some proxies add; an IPv4 address that is written as IPv6 in its own form. Empty for what is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


class AccountBackend(AuthenticationBackend):
    """allauth's, but for sample accounts, which exist for a demo alone."""

    def user_can_authenticate(self, user: User) -> bool:
        return super().user_can_authenticate(user) and (settings.DEMO or not user.is_sample)

    def get_user(self, user_id: int) -> User | None:
        user = super().get_user(user_id)
        return user if user is None or settings.DEMO or not user.is_sample else None


class AccountAdapter(DefaultAccountAdapter):
    """Accounts begin with the registration of an organisation or an invitation, so nobody signs up for nothing."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """That something about the account has changed. Its owner is named, since the address that is told may no longer be theirs."""
        super().send_notification_mail(template_prefix, user, {"user": user, **(context or {})}, email)

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Queued in the portal's own words and the reader's language: an e-mail is never lost, and a request never waits for the
        mail server. `template_prefix` is allauth's: "account/email/login_code".
        """
        reader = context.get("user") or User.objects.filter(email__iexact=email).first()
        language = reader.language if reader is not None else translation.get_language()
        name = template_prefix.rpartition("/")[2].removesuffix("_signup")
        queue_email(f"account/{name}", to=email, language=language, context={**context, "email": email})


class SecondStepAdapter(DefaultMFAAdapter):
    """allauth's, under the portal's own name."""

    def get_totp_issuer(self) -> str:
        return installation.current().title

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": installation.current().title}


def display_name(user: User) -> str:
    return str(user)
