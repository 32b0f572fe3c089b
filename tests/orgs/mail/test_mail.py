"""Queued e-mails: nothing is lost, nothing is sent twice by two at once, and nothing fails for ever."""

import threading
from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.utils import timezone
from post_office.models import STATUS, Email

from orgs import tasks
from orgs.mail import actions as mail_actions
from orgs.mail.emails import queue_email, queue_email_to, queue_text
from orgs.models import User
from tests.factories import UserFactory
from tests.processes import Queue, kill, wait_until, worker
from tests.smtp import mail_server

BACKEND = f"{__name__}.FaultyBackend"


class FaultyBackend(EmailBackend):
    """A mail server with a fault; without one it keeps the e-mails."""

    fault: Exception | None = None
    slow = None

    def send_messages(self, messages):
        if self.slow is not None:
            self.slow.wait(10)
        if self.fault is not None and messages[0].to == ["refused@example.org"]:
            raise self.fault
        return super().send_messages(messages)


@pytest.fixture
def server(settings, monkeypatch):
    settings.EMAIL_BACKEND = BACKEND

    def set_fault(fault):
        monkeypatch.setattr(FaultyBackend, "fault", fault)

    return set_fault


def queued(to="reader@example.org", **fields):
    email = queue_text(to=to, subject="Subject", body="Text")
    Email.objects.filter(pk=email.pk).update(**fields)
    email.refresh_from_db()
    return email


@pytest.mark.django_db
def test_queued_emails_are_sent_once_oldest_first():
    for number in range(3):
        queued(f"{number}@example.org", scheduled_time=timezone.now() - timedelta(minutes=number))
    assert mail_actions.send_queued_mail() == 3
    assert mail_actions.send_queued_mail() == 0
    assert [sent.to for sent in mail.outbox] == [["2@example.org"], ["1@example.org"], ["0@example.org"]]
    assert not Email.objects.exclude(status=STATUS.sent).exists()


@pytest.mark.parametrize("fault", [SMTPRecipientsRefused({}), SMTPDataError(451, b"Try again later")], ids=repr)
@pytest.mark.django_db
def test_email_that_is_refused_is_retried_after_longer_pauses_and_left_to_an_administrator(server, fault):
    server(fault)
    bad, good = queued("refused@example.org"), queued()
    assert tasks.send_queued_mail() == 1
    good.refresh_from_db()
    assert good.status == STATUS.sent
    pauses = []
    for _ in mail_actions.PAUSES:
        bad.refresh_from_db()
        assert bad.status == STATUS.requeued
        pauses.append(bad.scheduled_time - timezone.now())
        assert mail_actions.send_queued_mail() == 0, "not before its time"
        Email.objects.filter(pk=bad.pk).update(scheduled_time=timezone.now())
        mail_actions.send_queued_mail()
    assert pauses == sorted(pauses)
    assert timedelta(hours=10) < sum(pauses, timedelta()) < timedelta(hours=12)
    bad.refresh_from_db()
    assert bad.status == STATUS.failed
    assert {log.exception_type for log in bad.logs.all()} == {type(fault).__name__}
    assert bad.logs.count() == 1 + len(mail_actions.PAUSES)
    server(None)
    assert mail_actions.send_queued_mail() == 0, "it stays until an administrator retries it"
    mail_actions.retry_emails(emails=Email.objects.filter(pk=bad.pk), by=UserFactory(is_staff=True))
    assert mail_actions.send_queued_mail() == 1


@pytest.mark.django_db(transaction=True)
def test_email_is_undone_with_its_cause(monkeypatch):
    asked = []
    monkeypatch.setattr("orgs.queue._send", asked.append)

    def act(*, fails):
        with transaction.atomic():
            user = UserFactory()
            queue_text(to=user.email, subject="Welcome", body="Welcome.")
            assert not asked, "before the commit"
            if fails:
                raise RuntimeError
        return user

    with pytest.raises(RuntimeError):
        act(fails=True)
    assert (User.objects.count(), Email.objects.count(), asked) == (0, 0, [])
    user = act(fails=False)
    assert Email.objects.get().to == [user.email]
    assert asked == ["orgs.tasks.send_queued_mail"]


@pytest.mark.django_db(transaction=True)
def test_killed_worker_loses_no_email_and_what_was_confirmed_is_not_sent_again(tmp_path):
    everybody = ["first@example.org", "second@example.org", "third@example.org"]
    with mail_server() as server, Queue(tmp_path) as queue:
        server.held = everybody[1]
        with worker(REDIS_URL=queue.url, EMAIL_URL=server.url) as killed:
            with transaction.atomic():
                for address in everybody:
                    queue_text(to=address, subject="Subject", body="Text")
            queue.ask("orgs.tasks.send_queued_mail")
            wait_until(server.is_holding.is_set, what="the second e-mail")
            kill(killed)
        assert server.confirmed == everybody[:1]
        assert [email.status for email in Email.objects.order_by("pk")] == [STATUS.sent, STATUS.queued, STATUS.queued]
        server.held = None
        queue.flush()
        with worker(REDIS_URL=queue.url, EMAIL_URL=server.url):
            queue.ask("orgs.tasks.send_queued_mail")
            wait_until(lambda: not Email.objects.exclude(status=STATUS.sent).exists(), what="the others")
    assert server.confirmed == everybody


@pytest.mark.django_db
def test_server_that_is_away_is_asked_once_in_a_round(server):
    server(ConnectionRefusedError("away"))
    bad = queued("refused@example.org")
    other = queued()
    assert mail_actions.send_queued_mail() == 0
    bad.refresh_from_db()
    other.refresh_from_db()
    assert (bad.status, other.status) == (STATUS.requeued, STATUS.queued)
    assert mail_actions.send_queued_mail() == 1


@pytest.mark.django_db
def test_impossible_address_neither_undoes_its_cause_nor_stops_the_others():
    impossible = queued("a@example.org\nBcc: everybody@example.org")
    several = queued('"a,third@example.org,b"@example.org')
    queued()
    assert mail_actions.send_queued_mail() == 1
    assert impossible.logs.get().exception_type == "BadHeaderError"
    assert several.logs.get().exception_type == "ValueError"


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_email_once(settings, monkeypatch):
    settings.EMAIL_BACKEND = BACKEND
    monkeypatch.setattr(FaultyBackend, "slow", threading.Barrier(2))
    for number in range(2):
        queued(f"{number}@example.org")
    sent = []

    def work():
        try:
            sent.append(mail_actions.send_queued_mail())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent == [1, 1], "each held one while the other sent: neither waited"
    assert sorted(message.to[0] for message in mail.outbox) == ["0@example.org", "1@example.org"]


@pytest.mark.django_db
def test_email_is_plain_text_in_the_language_of_its_reader():
    context = {"name": "Mà & <Pà> {{ x", "path": "/x/", "days": 7, "registration": {"reference": "ORG-A"}}
    email = queue_email("registration_confirm", to="reader@example.org", language="en", context=context)
    email.refresh_from_db()
    assert email.subject == "Confirm the registration of Mà & <Pà> {{ x"
    assert "\n\nhttp://127.0.0.1:8000/x/\n" in email.message
    assert "&amp;" not in email.message
    mail_actions.send_queued_mail()
    (sent,) = mail.outbox
    assert (sent.subject, sent.body, sent.to) == (email.subject, email.message, ["reader@example.org"])
    assert sent.message().get_content_type() == "text/plain"


@pytest.mark.django_db
def test_each_reader_is_written_to_in_their_language():
    for language in ("en", "es"):
        reader = UserFactory(language=language, email=f"{language}@example.org")
        queue_email_to(reader, "account/unknown_account", {"email": reader.email})
    english, spanish = (Email.objects.get(to=f"{language}@example.org") for language in ("en", "es"))
    assert "Integration Portal" in english.message
    assert "Portal de Integración" in spanish.message
    assert english.subject != spanish.subject


@pytest.mark.django_db
def test_old_emails_are_removed_and_queued_ones_are_not():
    long_ago = timezone.now() - timedelta(days=61)
    queued(status=STATUS.sent, last_updated=long_ago)
    queued(created=long_ago, last_updated=long_ago)
    queued(status=STATUS.sent)
    assert tasks.remove_old_mail() == 1
    assert tasks.remove_old_mail() == 0
    assert Email.objects.count() == 2


@pytest.mark.django_db
def test_one_transaction_asks_the_worker_once(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        for number in range(3):
            queue_text(to=f"person{number}@portal.example", subject="Hello", body="Hello.")
    assert len(callbacks) == 1
