from django.db import models
from django.utils.translation import gettext_lazy as _


class WorkerTask(models.Model):
    """When a worker last did a task of the schedule, and whether it failed. Written by the workers themselves, so that no page has to ask them."""

    name = models.CharField(_("task"), max_length=200, unique=True)
    worker = models.CharField(_("worker"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    failure = models.CharField(_("failure"), max_length=300, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("task of the workers")
        verbose_name_plural = _("tasks of the workers")

    def __str__(self) -> str:
        return self.name

    @property
    def is_running(self) -> bool:
        ends = [at for at in (self.finished_at, self.failed_at) if at is not None]
        return not ends or self.started_at > max(ends)

    @property
    def has_failed(self) -> bool:
        """The last time that it came to an end."""
        return self.failed_at is not None and (self.finished_at is None or self.failed_at > self.finished_at)
