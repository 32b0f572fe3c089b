"""What keeps the portal running, for administrators: the schedule, e-mails that were not sent, and the queues of work."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import FormView, ListView, TemplateView, View
from django_celery_beat.models import PeriodicTask
from post_office.models import STATUS, Email

from integration_portal.operations import actions as operations
from integration_portal.operations.forms import DAILY, TimeForm, time_of
from integration_portal.operations.mail import STATES, kind_of, unsent_emails, why_not_sent
from integration_portal.operations.queues import pulse, work_queues
from integration_portal.operations.schedule import scheduled_tasks
from orgs.mail import actions as mail
from orgs.mail.actions import unsent
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.permissions import is_administrator


class ForAdministrators(VisibleObjectMixin):
    has_page_permission = staticmethod(is_administrator)


class ScheduleListView(ForAdministrators, PagedMixin, ListView):
    template_name = "integration_portal/schedule_list.html"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[PeriodicTask]:
        tasks: QuerySet[PeriodicTask] = PeriodicTask.objects.select_related("interval", "crontab", "solar", "clocked")
        # Celery's own removes results, of which the portal keeps none.
        return tasks.exclude(task="celery.backend_cleanup").order_by("task", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "rows": scheduled_tasks(context["page_obj"]), "pulse": pulse()}


class OfTask(ForAdministrators):
    task: PeriodicTask

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if is_administrator(request.user):
            tasks = PeriodicTask.objects.select_related("interval", "crontab", "solar", "clocked")
            self.task = get_object_or_404(tasks, pk=kwargs["pk"])


class ScheduleUpdateView(OfTask, ActionMixin, FormView):
    form_class = TimeForm
    template_name = "integration_portal/schedule_form.html"

    def get_initial(self) -> dict[str, Any]:
        return time_of(self.task)

    def perform(self, form: TimeForm) -> PeriodicTask:
        said = form.cleaned_data
        if said["how"] == DAILY:
            return operations.do_task_daily(task=self.task, at=said["at"], by=self.person)
        return operations.repeat_task(task=self.task, every=said["every"], unit=said["unit"], by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("The time has been saved."))
        return reverse("schedule_list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(row=scheduled_tasks([self.task])[0], **kwargs)


class ScheduleSwitchView(OfTask, TemplateView):
    """On at a press; off only after a page that says what follows."""

    template_name = "integration_portal/schedule_switch.html"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        switched = operations.switch_task(task=self.task, enabled="on" in request.POST, by=self.person)
        title = scheduled_tasks([switched])[0].words.title
        said = _("“%(task)s” is switched on.") if switched.enabled else _("“%(task)s” is switched off.")
        messages.success(request, said % {"task": title})
        return redirect("schedule_list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(row=scheduled_tasks([self.task])[0], **kwargs)


class MailListView(ForAdministrators, PagedMixin, ListView):
    """To whom, of what kind, since when and why not: never the text."""

    template_name = "integration_portal/mail_list.html"

    def get_queryset(self) -> QuerySet[Email]:
        found = unsent_emails()
        return found.filter(status__in=STATES[self.state]) if self.state else found

    @property
    def state(self) -> str:
        asked = self.request.GET.get("state", "")
        return asked if asked in STATES else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        emails = [
            {
                "email": email,
                "kind": kind_of(email),
                "why": why_not_sent(email),
                "has_failed": email.status == STATUS.failed,
            }
            for email in context["page_obj"]
        ]
        numbers = unsent().aggregate(
            **{state: Count("pk", filter=Q(status__in=statuses)) for state, statuses in STATES.items()}
        )
        return {**context, "emails": emails, "numbers": numbers, "state": self.state}


class OfMail(ForAdministrators):
    """One e-mail that has not been sent, named by ?email=, or all those that were given up after several attempts."""

    def asked(self, request: HttpRequest) -> QuerySet[Email]:
        number = request.GET.get("email", "")
        if not number:
            return unsent().filter(status=STATUS.failed)
        return unsent().filter(pk=int(number)) if number.isdecimal() and len(number) < 19 else unsent().none()


class MailRetryView(OfMail, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        number = mail.retry_emails(emails=self.asked(request), by=self.person)
        said = ngettext("%(count)s e-mail will be tried again.", "%(count)s e-mails will be tried again.", number)
        messages.success(request, said % {"count": number})
        return redirect("mail_list")


class MailGiveUpView(OfMail, TemplateView):
    template_name = "integration_portal/mail_give_up.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        number = mail.give_up_emails(emails=self.asked(request), by=self.person)
        said = ngettext("%(count)s e-mail has been given up.", "%(count)s e-mails have been given up.", number)
        messages.success(request, said % {"count": number})
        return redirect("mail_list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        emails = self.asked(self.request)
        return super().get_context_data(number=emails.count(), first=emails.first(), **kwargs)


class QueueListView(ForAdministrators, TemplateView):
    template_name = "integration_portal/queue_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(groups=work_queues(), pulse=pulse(), **kwargs)
