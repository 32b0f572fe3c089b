import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_celery_beat.models import PeriodicTask

from integration_portal.operations.schedule import SECONDS, largest_unit
from orgs.forms import PortalForm, WholeNumberField

SHORTEST, LONGEST = 10, 31 * 86400
"""In seconds. More often would keep a worker busy with nothing; more rarely is switched off."""
EVERY, DAILY = "every", "daily"


class TimeForm(PortalForm):
    """When a task runs: again and again, or every day at a time."""

    how = forms.ChoiceField(
        label=_("When does it run?"),
        choices=[(EVERY, _("Again and again")), (DAILY, _("Once a day, at a time"))],
        widget=forms.RadioSelect,
    )
    every = WholeNumberField(label=_("Every"), min_value=1, max_value=LONGEST, required=False)
    unit = forms.ChoiceField(
        label=_("Unit of time"),
        choices=[
            ("seconds", _("seconds")),
            ("minutes", pgettext_lazy("unit of time", "minutes")),
            ("hours", _("hours")),
            ("days", pgettext_lazy("unit of time", "days")),
        ],
        required=False,
    )
    at = forms.TimeField(
        label=_("At"),
        required=False,
        widget=forms.TimeInput(attrs={"class": "input-short"}, format="%H:%M"),
        help_text=_("For example 02:30. Choose a time when few people work."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].error_messages["invalid"] = _("Type the time like 02:30.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("how") == DAILY and not cleaned.get("at") and "at" not in self.errors:
            self.add_error("at", _("Say at what time of the day."))
        if cleaned.get("how") == EVERY and "every" not in self.errors:
            every, unit = cleaned.get("every"), cleaned.get("unit")
            if not every or not unit:
                self.add_error("every", _("Say how often: a number and a unit of time."))
            elif not SHORTEST <= every * SECONDS[unit] <= LONGEST:
                self.add_error("every", _("Choose between 10 seconds and 31 days."))
        return cleaned


def time_of(task: PeriodicTask) -> dict[str, Any]:
    """What the form says of the task now."""
    if task.interval is not None:
        every, unit = largest_unit(task.interval.every, task.interval.period)
        return {"how": EVERY, "every": every, "unit": unit}
    crontab = task.crontab
    if crontab is not None and crontab.hour.isdigit() and crontab.minute.isdigit():
        return {"how": DAILY, "at": datetime.time(int(crontab.hour), int(crontab.minute)), "unit": "minutes"}
    return {"unit": "minutes"}
