"""The schedule of beat: filled from the settings once, and from then on what administrators make of it."""

from datetime import UTC, datetime
from typing import Any

from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler


class Scheduler(DatabaseScheduler):
    """Adds the tasks that are missing from the database and leaves those that are there as they are."""

    def setup_schedule(self) -> None:
        """Whatever is changed while beat fills the schedule is read at its first tick."""
        super().setup_schedule()
        self._last_timestamp = datetime.min.replace(tzinfo=UTC)

    def update_from_dict(self, mapping: dict[str, Any]) -> None:
        known = set(PeriodicTask.objects.filter(name__in=mapping).values_list("name", flat=True))
        super().update_from_dict({name: entry for name, entry in mapping.items() if name not in known})
