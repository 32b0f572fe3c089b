from pathlib import PurePosixPath

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from indicators.models.release import Release


class ReleaseFile(models.Model):
    """A whole release as one file, in one format and language: made once by a worker, and served as it stands.

    It is waiting while nobody has made it. Its file is packed with gzip where its name ends so.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("being made")
        READY = "ready", _("ready")
        TOO_LARGE = "too_large", _("too large for this format")
        FAILED = "failed", _("could not be made")

    MAX_ATTEMPTS = 3

    release = models.ForeignKey(Release, models.CASCADE, related_name="files", verbose_name=_("release"))
    format = models.CharField(_("format"), max_length=10)
    language = models.CharField(_("language"), max_length=10)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    file = models.FileField(_("file"), upload_to="releases/", blank=True)
    size = models.PositiveBigIntegerField(_("size in bytes"), null=True, blank=True)
    asked_at = models.DateTimeField(_("asked for at"), auto_now_add=True)
    made_at = models.DateTimeField(_("made at"), null=True, blank=True)

    class Meta:
        verbose_name = _("file of a release")
        verbose_name_plural = _("files of releases")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "format", "language"],
                name="release_file_once",
                violation_error_message=_("This file exists already."),
            ),
            models.CheckConstraint(
                condition=Q(state="ready", made_at__isnull=False, size__isnull=False) & ~Q(file="")
                | ~Q(state="ready") & Q(file="", made_at__isnull=True, size__isnull=True),
                name="release_file_ready_has_file",
                violation_error_message=_("Only a file that is ready is stored."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release_id} {self.format} {self.language}"

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def is_packed(self) -> bool:
        return PurePosixPath(self.file.name or "").suffix == ".gz"
