"""The e-mails of accounts: allauth sends them, the words are the portal's own, in the language of whoever reads them."""

from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from post_office.models import Email

from orgs.accounts.authentication import AccountAdapter
from tests.factories import UserFactory

TEMPLATES = sorted(
    f"{path.parent.parent.name}/email/{path.name.removesuffix('_message.txt')}"
    for app in ("account", "mfa")
    for path in (Path(allauth.__file__).parent / "templates" / app / "email").glob("*_message.txt")
    if not path.name.startswith("base_")
)
CONTEXT = {
    "code": "K7M2P9",
    "activate_url": "https://portal.example/confirm",
    "password_reset_url": "https://portal.example/reset",
    "from_email": "old@example.org",
    "to_email": "new@example.org",
    "deleted_email": "old@example.org",
    "ip": "192.0.2.7",
    "user_agent": "Firefox",
}

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_email_has_words_of_its_own_in_the_language_of_its_reader(template, language):
    reader = UserFactory(language=language, email="reader@example.org")
    other = "es" if language == "en" else "en"
    with translation.override(other):
        AccountAdapter().send_mail(template, reader.email, {**CONTEXT, "user": reader, "timestamp": timezone.now()})
    mail = Email.objects.get()
    assert mail.to == ["reader@example.org"]
    for blank in ("Hello from !", " on .", "None", "{{", "{%"):
        assert blank not in f"{mail.subject}\n{mail.message}"
    name = {"en": "Integration Portal", "es": "Portal de Integración"}[language]
    assert name in mail.message
    assert settings.PUBLIC_URL in mail.message
    assert mail.subject


def test_who_asks_for_a_new_password_gets_it_in_the_language_of_the_account(client):
    UserFactory(language="es", email="reader@example.org")
    client.post(reverse("account_reset_password"), {"email": "reader@example.org"}, headers={"accept-language": "en"})
    mail = Email.objects.get()
    assert "Portal de Integración" in mail.message
    assert f"{reverse('account_reset_password')}key/" in mail.message
