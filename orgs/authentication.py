"""How people log in: by e-mail address, through allauth."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.http import HttpRequest

from orgs.emails import queue_text
from orgs.models import User


class AccountBackend(AuthenticationBackend):
    """allauth's, but for sample accounts, which exist for a demo alone."""

    def user_can_authenticate(self, user: User) -> bool:
        return super().user_can_authenticate(user) and (settings.DEMO or not user.is_sample)

    def get_user(self, user_id: int) -> User | None:
        user = super().get_user(user_id)
        return user if user is None or settings.DEMO or not user.is_sample else None


class AccountAdapter(DefaultAccountAdapter):
    """Accounts begin with the registration of an organisation or an invitation, so nobody signs up for nothing."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Into the outbox: a letter is never lost, and a request never waits for the mail server."""
        message = self.render_mail(template_prefix, email, {**context, "email": email})
        queue_text(to=email, subject=message.subject, body=str(message.body))


def display_name(user: User) -> str:
    return str(user)
