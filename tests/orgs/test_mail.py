"""The outbox: nothing is lost, nothing is sent twice by two at once, and nothing fails for ever."""

import threading
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone

from orgs import tasks
from orgs.mail import actions as mail_actions
from orgs.mail.emails import queue_email, queue_text
from orgs.models import OutgoingMail
from tests.factories import UserFactory

BACKEND = f"{__name__}.FaultyBackend"


class FaultyBackend(EmailBackend):
    """A mail server with a fault; without one it keeps the letters."""

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


def letter(to="reader@example.org", **fields):
    sent = queue_text(to=to, subject="Subject", body="Text")
    OutgoingMail.objects.filter(pk=sent.pk).update(**fields)
    sent.refresh_from_db()
    return sent


@pytest.mark.django_db
def test_waiting_letters_are_sent_once_oldest_first():
    for number in range(3):
        letter(f"{number}@example.org", not_before=timezone.now() - timedelta(minutes=number))
    assert mail_actions.send_waiting_mail() == 3
    assert mail_actions.send_waiting_mail() == 0
    assert [sent.to for sent in mail.outbox] == [["2@example.org"], ["1@example.org"], ["0@example.org"]]
    assert not OutgoingMail.objects.filter(sent_at=None).exists()


@pytest.mark.django_db
def test_letter_that_is_refused_waits_longer_each_time_and_is_parked(server):
    server(SMTPRecipientsRefused({}))
    bad, good = letter("refused@example.org"), letter()
    assert tasks.send_waiting_mail() == 1
    waits = []
    for _ in OutgoingMail.WAITS:
        bad.refresh_from_db()
        good.refresh_from_db()
        assert (bad.sent_at, bad.parked_at) == (None, None)
        waits.append(bad.not_before - timezone.now())
        assert mail_actions.send_waiting_mail() == 0, "not before its time"
        OutgoingMail.objects.filter(pk=bad.pk).update(not_before=timezone.now())
        mail_actions.send_waiting_mail()
    assert waits == sorted(waits)
    bad.refresh_from_db()
    assert bad.parked_at is not None
    assert bad.attempts == OutgoingMail.MAX_ATTEMPTS
    assert "SMTPRecipientsRefused" in bad.error
    server(None)
    assert mail_actions.send_waiting_mail() == 0, "what is parked stays until an administrator tries again"
    mail_actions.retry_mail(mail=bad, by=UserFactory(is_staff=True))
    assert mail_actions.send_waiting_mail() == 1


@pytest.mark.django_db
def test_server_that_is_away_is_asked_once_in_a_round(server):
    server(ConnectionRefusedError("away"))
    bad = letter("refused@example.org")
    other = letter()
    assert mail_actions.send_waiting_mail() == 0
    bad.refresh_from_db()
    other.refresh_from_db()
    assert (bad.attempts, other.attempts) == (1, 0)
    assert mail_actions.send_waiting_mail() == 1


@pytest.mark.django_db
def test_impossible_address_does_not_stop_the_others():
    impossible = letter("a@example.org\nBcc: everybody@example.org")
    letter()
    assert mail_actions.send_waiting_mail() == 1
    impossible.refresh_from_db()
    assert "BadHeaderError" in impossible.error


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_letter_once(settings, monkeypatch):
    settings.EMAIL_BACKEND = BACKEND
    monkeypatch.setattr(FaultyBackend, "slow", threading.Barrier(2))
    for number in range(2):
        letter(f"{number}@example.org")
    sent = []

    def work():
        try:
            sent.append(mail_actions.send_waiting_mail())
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
def test_letter_is_plain_text_in_the_language_of_its_reader():
    context = {"name": "Mà & <Pà>", "path": "/x/", "days": 7, "registration": {"reference": "ORG-A"}}
    sent = queue_email("registration_confirm", to="reader@example.org", language="en", context=context)
    assert sent.subject == "Confirm the registration of Mà & <Pà>"
    assert "\n\nhttp://127.0.0.1:8000/x/\n" in sent.body
    assert "&amp;" not in sent.body


@pytest.mark.django_db
def test_old_letters_are_removed_and_waiting_ones_are_not():
    long_ago = timezone.now() - timedelta(days=61)
    letter(sent_at=long_ago)
    letter(created_at=long_ago)
    letter(sent_at=timezone.now())
    assert tasks.remove_old_mail() == 1
    assert tasks.remove_old_mail() == 0
    assert OutgoingMail.objects.count() == 2


@pytest.mark.django_db
def test_one_transaction_wakes_the_worker_once(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        for number in range(3):
            queue_text(to=f"person{number}@portal.example", subject="Hello", body="Hello.")
    assert len(callbacks) == 1
