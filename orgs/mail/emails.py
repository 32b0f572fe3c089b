"""E-mails. Each is queued in the language of its reader, in the transaction that causes it."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.template import Context, Engine
from django.utils import timezone, translation
from post_office.models import PRIORITY, STATUS, Email

from orgs import installation
from orgs.models import Organisation, User
from orgs.queue import enqueue

KIND = "X-Portal-Kind"
"""The header that says which e-mail of the portal it is, so that nobody has to read it to know."""


def queue_text(*, to: str, subject: str, body: str, kind: str = "") -> Email:
    """An e-mail whose text is ready. The worker sends it within half a minute, whoever dies in between."""
    email = Email(
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        subject=" ".join(subject.split())[:250],
        message=body,
        status=STATUS.queued,
        priority=PRIORITY.medium,
        headers={KIND: kind} if kind else None,
        scheduled_time=timezone.now(),
    )
    # Not by post_office's send(), which reads the text as a template, nor by save(): an address that cannot be written to
    # is for an administrator, and no reason to undo what caused the e-mail.
    Email.objects.bulk_create([email])
    enqueue("orgs.tasks.send_queued_mail")
    return email


def queue_email(template: str, *, to: str, language: str, context: dict[str, Any]) -> Email:
    """The e-mail `templates/emails/<template>.txt`: its first line is the subject, the rest the text."""
    words = Engine.get_default().get_template(f"emails/{template}.txt")
    with translation.override(language):
        # Plain text: an ampersand in a name is an ampersand.
        own = {"public_url": settings.PUBLIC_URL, "portal_name": installation.current().title}
        text = words.render(Context({**own, **context}, autoescape=False))
    subject, _, body = text.strip().partition("\n")
    return queue_text(to=to, subject=subject, body=body.strip() + "\n", kind=template)


def queue_email_to(user: User, template: str, context: dict[str, Any]) -> Email:
    return queue_email(template, to=user.email, language=user.language, context={"user": user, **context})


def write_to(people: Iterable[User], template: str, context: dict[str, Any]) -> None:
    for person in people:
        queue_email_to(person, template, context)


def people_with_role(organisation: Organisation, roles: Iterable[str]) -> QuerySet[User]:
    return User.objects.filter(
        is_active=True,
        memberships__organisation=organisation,
        memberships__ended_at=None,
        memberships__role__in=list(roles),
    ).distinct()
