"""What administrators see of the schedule, of e-mails that were not sent and of the queues, and what they do about it."""

import datetime

import pytest
from celery import Celery
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks
from post_office.models import STATUS, Email

from integration_portal.operations import actions as operations
from integration_portal.operations.mail import KINDS, REASONS
from integration_portal.operations.queues import pulse, work_queues
from integration_portal.operations.schedule import TASKS, scheduled_tasks, when_words
from integration_portal.task_record import RecordedTask
from orgs.mail import actions as mail
from orgs.mail.emails import queue_email_to, queue_text
from orgs.models import Remark, VoicedNeed, WorkerTask
from orgs.review_queues import queues
from tests.factories import OrganisationFactory, ReviewerFactory, TerritoryFactory, UserFactory, VerificationFactory
from tests.pages import words_of

pytestmark = pytest.mark.django_db
SCHEDULE, MAIL, QUEUES = reverse("schedule_list"), reverse("mail_list"), reverse("queue_list")


@pytest.fixture
def administrator(client):
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def task():
    interval = IntervalSchedule.objects.create(every=60, period="seconds")
    return PeriodicTask.objects.create(name="roll up", task="indicators.tasks.roll_up", interval=interval)


def test_every_task_of_the_schedule_has_words(settings):
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(TASKS)


def test_every_email_has_a_name(settings):
    names = {path.stem for path in (settings.BASE_DIR / "templates" / "emails").glob("*.txt")}
    assert names - set(KINDS) == set()


# --- The schedule ---


def test_schedule_says_when_each_task_runs(client, administrator):
    daily = CrontabSchedule.objects.create(hour="2", minute="30", timezone="UTC")
    day = IntervalSchedule.objects.create(every=86400, period="seconds")
    hours = IntervalSchedule.objects.create(every=3, period="hours")
    made = [
        PeriodicTask.objects.create(name=name, task="x", **schedule)
        for name, schedule in {"a": {"crontab": daily}, "b": {"interval": day}, "c": {"interval": hours}}.items()
    ]
    assert [when_words(task) for task in made] == ["Every day at 02:30", "Every day", "Every 3 hours"]
    words = words_of(client.get(SCHEDULE).content.decode())
    assert "Every 3 hours" in words


def test_next_run_follows_the_last_one(task):
    now = timezone.now()
    PeriodicTask.objects.update(last_run_at=now - datetime.timedelta(seconds=20))
    (row,) = scheduled_tasks(PeriodicTask.objects.all())
    assert datetime.timedelta(seconds=38) < row.next_run - now < datetime.timedelta(seconds=42)
    PeriodicTask.objects.update(last_run_at=now - datetime.timedelta(hours=2))
    (row,) = scheduled_tasks(PeriodicTask.objects.all())
    assert row.state == "late"


def test_worker_writes_down_what_became_of_a_task(client, administrator, task):
    seen, failing = [], [False]

    def work():
        seen.append(state())
        if failing[0]:
            raise ValueError("secret@person.example")

    def state():
        return scheduled_tasks([task])[0].state

    recorded = Celery("test", task_cls=RecordedTask, set_as_current=False).task(work, name=task.task)
    PeriodicTask.objects.update(last_run_at=timezone.now())
    task.refresh_from_db()
    assert state() == "new"
    recorded.apply()
    assert state() == "done"
    failing[0] = True
    recorded.apply()
    assert state() == "failed"
    body = client.get(SCHEDULE).content.decode()
    assert "ValueError" in body
    assert "secret@person.example" not in body
    assert not WorkerTask.objects.filter(failure__contains="secret").exists()
    failing[0] = False
    recorded.apply()
    assert state() == "done"
    assert seen == ["running", "running", "failed"], "until it goes well again"
    assert WorkerTask.objects.count() == 1


def test_time_is_changed_and_beat_is_told(client, administrator, task):
    address = reverse("schedule_edit", args=[task.pk])
    assert 'value="1"' in client.get(address).content.decode(), "60 seconds are a minute"
    before = PeriodicTasks.last_change()
    client.post(address, {"how": "daily", "at": "04:15", "unit": "minutes"})
    task.refresh_from_db()
    assert (task.interval, task.crontab.hour, task.crontab.minute) == (None, "4", "15")
    assert PeriodicTasks.last_change() > before
    client.post(address, {"how": "every", "every": "5", "unit": "minutes"})
    task.refresh_from_db()
    assert (task.crontab, task.interval.every, task.interval.period) == (None, 5, "minutes")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "This field is required"),
        ({"how": "daily"}, "Say at what time of the day"),
        ({"how": "daily", "at": "25:99"}, "Type the time like 02:30"),
        ({"how": "every", "unit": "days"}, "Say how often"),
        ({"how": "every", "every": "5", "unit": "seconds"}, "between 10 seconds and 31 days"),
        ({"how": "every", "every": "32", "unit": "days"}, "between 10 seconds and 31 days"),
        ({"how": "every", "every": "0", "unit": "days"}, "greater than or equal to 1"),
        ({"how": "every", "every": "5", "unit": "moons"}, "Select a valid choice"),
    ],
)
def test_wrong_time_is_refused_in_words(client, administrator, task, typed, said):
    assert said in client.post(reverse("schedule_edit", args=[task.pk]), typed).content.decode()
    task.refresh_from_db()
    assert (task.interval.every, task.crontab) == (60, None)


def test_task_is_switched_off_after_saying_what_follows_and_on_again(client, administrator, task):
    address = reverse("schedule_switch", args=[task.pk])
    assert "only at the moment when they are approved" in client.get(address).content.decode()
    client.post(address, {"off": "1"})
    task.refresh_from_db()
    assert not task.enabled
    (row,) = scheduled_tasks([task])
    assert (row.state, row.next_run) == ("off", None)
    client.post(address, {"on": "1"})
    task.refresh_from_db()
    assert task.enabled


def test_nobody_else_changes_the_schedule(task):
    stranger = UserFactory()
    for act in (
        lambda: operations.switch_task(task=task, enabled=False, by=stranger),
        lambda: operations.repeat_task(task=task, every=1, unit="days", by=stranger),
        lambda: operations.do_task_daily(task=task, at=datetime.time(3), by=stranger),
    ):
        with pytest.raises(PermissionDenied):
            act()
    task.refresh_from_db()
    assert (task.enabled, task.interval.every) == (True, 60)


def test_schedule_costs_the_same_for_many(client, administrator, task):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(SCHEDULE)
        return len(captured)

    queries()
    one = queries()
    for number in range(10):
        PeriodicTask.objects.create(name=f"task {number}", task="x", interval=task.interval)
    assert queries() == one


# --- E-mails ---


def email(to="reader@person.example", *, status=STATUS.failed, failure="SMTPRecipientsRefused", **fields):
    made = queue_text(to=to, subject="Secret subject", body="https://secret", kind="invitation")
    Email.objects.filter(pk=made.pk).update(status=status, **fields)
    if failure:
        made.logs.create(status=STATUS.failed, exception_type=failure, message="550 secret words of the server")
    made.refresh_from_db()
    return made


def test_unsent_emails_say_to_whom_what_and_why_and_never_the_text(client, administrator):
    email()
    email("slow@person.example", status=STATUS.requeued, failure="TimeoutError", number_of_retries=2)
    email("new@person.example", status=STATUS.queued, failure=None)
    email("odd@person.example", failure="MartianError")
    email("done@person.example", status=STATUS.sent)
    body = client.get(MAIL).content.decode()
    words = words_of(body)
    for said in (
        "reader@person.example", "Invitation to an organisation", "The mail server refuses the address",
        "The mail server cannot be reached", "It has not been tried yet", "only the log of the worker tells",
        "2 could not be sent", "1 is being retried", "1 is in the queue",
    ):  # fmt: skip
        assert said in words
    for secret in ("https://secret", "Secret subject", "550", "done@person.example"):
        assert secret not in body
    assert "slow@person.example" not in client.get(MAIL, {"state": "failed"}).content.decode()


def test_kind_of_an_email_is_known_without_its_text(administrator):
    queue_email_to(administrator, "second_step_removed", {})
    assert Email.objects.get().headers == {"X-Portal-Kind": "second_step_removed"}


@pytest.mark.parametrize("failure", REASONS)
def test_reasons_are_whole_sentences(failure):
    assert str(REASONS[failure]).endswith(".")


def test_one_or_all_are_tried_again(client, administrator):
    one, other, queued = email("1@p.example"), email("2@p.example"), email("3@p.example", status=STATUS.requeued)
    client.post(f"{reverse('mail_retry')}?email={one.pk}")
    assert Email.objects.get(pk=one.pk).status == STATUS.queued
    assert Email.objects.get(pk=other.pk).status == STATUS.failed
    client.post(reverse("mail_retry"))
    assert Email.objects.get(pk=other.pk).status == STATUS.queued
    assert Email.objects.get(pk=queued.pk).status == STATUS.requeued


def test_given_up_is_never_sent_and_has_no_text_any_more(client, administrator):
    one, other = email("1@p.example", status=STATUS.queued), email("2@p.example")
    address = f"{reverse('mail_give_up')}?email={one.pk}"
    assert "1@p.example" in client.get(address).content.decode()
    assert Email.objects.get(pk=one.pk).message == "https://secret", "asked before"
    client.post(address)
    gone = Email.objects.get(pk=one.pk)
    assert (gone.message, gone.subject) == ("", "")
    assert mail.send_queued_mail() == 0
    assert "1@p.example" not in client.get(MAIL).content.decode()
    client.post(reverse("mail_retry") + f"?email={one.pk}")
    assert Email.objects.get(pk=one.pk).status == STATUS.failed
    assert Email.objects.get(pk=other.pk).message, "the others stay"
    client.post(reverse("mail_give_up"))
    assert "Every e-mail has been sent" in client.get(MAIL).content.decode()
    assert "There is no such e-mail" in client.get(address).content.decode()
    mail.remove_old_mail(now=timezone.now() + datetime.timedelta(days=61))
    assert not Email.objects.exists()


def test_sent_email_is_neither_tried_again_nor_given_up(client, administrator):
    sent = email(status=STATUS.sent)
    for name in ("mail_retry", "mail_give_up"):
        client.post(f"{reverse(name)}?email={sent.pk}")
    sent.refresh_from_db()
    assert (sent.status, sent.message) == (STATUS.sent, "https://secret")
    for nonsense in ("x", "9" * 30, "-1"):
        assert client.post(f"{reverse('mail_give_up')}?email={nonsense}").status_code == 302


def test_nobody_else_decides_on_emails():
    failed = email()
    for act in (mail.retry_emails, mail.give_up_emails):
        with pytest.raises(PermissionDenied):
            act(emails=Email.objects.all(), by=UserFactory())
    failed.refresh_from_db()
    assert (failed.status, failed.message) == (STATUS.failed, "https://secret")


def test_list_of_emails_costs_the_same_for_many(client, administrator):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(MAIL)
        return len(captured)

    email()
    queries()
    one = queries()
    for number in range(10):
        email(f"{number}@p.example")
    assert queries() == one


# --- Queues ---


def lines():
    return {str(queue.title): queue for _title, queues in work_queues() for queue in queues}


def test_queues_count_and_know_the_oldest(client, administrator):
    assert {queue.tone for queue in lines().values()} == {"success"}
    first = VerificationFactory()
    VerificationFactory(organisation__closed_on="2024-01-01")
    email()
    found = lines()
    assert (found["Organisations to verify"].count, found["Organisations to verify"].oldest) == (1, first.submitted_at)
    assert (found["Organisations to verify"].tone, found["E-mails that could not be sent"].tone) == (
        "neutral",
        "danger",
    )
    first.submitted_at = timezone.now() - datetime.timedelta(days=15)
    first.save()
    assert lines()["Organisations to verify"].tone == "warning"
    words = words_of(client.get(QUEUES).content.decode())
    assert "Organisations to verify 1" in words


def test_queues_are_all_that_reviewers_decide_and_what_none_of_them_may(client, administrator):
    found = lines()
    assert {str(queue.label) for queue in queues()} <= set(found)
    VoicedNeed.objects.create(words="A choir", territory=TerritoryFactory())
    Remark.objects.create(page="/about/", words="Wrong", language="en", territory=TerritoryFactory())
    Remark.objects.create(page="/", words="Wrong", language="en")
    OrganisationFactory(published=True, holds_until=timezone.localdate() - datetime.timedelta(days=3))
    OrganisationFactory(published=True, holds_until=timezone.localdate())
    waiting = VerificationFactory()
    found = lines()
    assert [found[name].count for name in ("Needs to read", "Remarks on pages", "Verification lapsed")] == [1, 2, 1]
    assert found["Verification lapsed"].tone == "warning"
    alone = found["Matters that no reviewer may decide"]
    assert (alone.count, alone.tone, alone.url) == (3, "danger", reverse("orgs:appointment_list"))
    assert len(client.get(found["Verification lapsed"].url).context["page_obj"]) == 1, "the list behind it"
    words = words_of(client.get(QUEUES).content.decode())
    assert "Verification lapsed 1 2 days" in words.replace("\xa0", " ")
    ReviewerFactory(territory=waiting.organisation.territory)
    assert lines()["Matters that no reviewer may decide"].count == 2


@pytest.mark.parametrize(
    ("minutes", "is_done", "has_worker"), [(1, True, True), (20, True, False), (20, False, True), (40, False, False)]
)
def test_worker_is_heard_of_or_not(client, administrator, minutes, is_done, has_worker):
    """A long task keeps it silent for up to half an hour."""
    at = timezone.now() - datetime.timedelta(minutes=minutes)
    WorkerTask.objects.create(
        name="indicators.tasks.roll_up", worker="celery@host", started_at=at, finished_at=at if is_done else None
    )
    assert pulse().has_worker == has_worker
    body = client.get(QUEUES).content.decode()
    assert ("A worker is running" in body) == has_worker
    assert ("No worker is running" in body) == (not has_worker)


def test_portal_without_a_worker_says_what_to_do(client, administrator):
    assert "No worker has done anything yet" in client.get(QUEUES).content.decode()
