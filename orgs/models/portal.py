import zoneinfo
from functools import cache

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from orgs.readable import readable

REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def time_zones() -> frozenset[str]:
    """Those that are named for a place, that of the whole world, and that of the settings."""
    known = zoneinfo.available_timezones()
    return frozenset({"UTC", settings.TIME_ZONE, *(name for name in known if name.partition("/")[0] in REGIONS)})


def known_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(_("Choose a time zone from the list."))


class Portal(models.Model):
    """What this installation says of itself. One row, which is there from the start; what it leaves empty follows from the settings."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name of the portal"), max_length=60, blank=True, default="")
    contact_email = models.EmailField(_("public contact e-mail"), blank=True)
    languages = ArrayField(
        models.CharField(max_length=5, choices=settings.LANGUAGES),
        verbose_name=_("languages"),
        default=list,
        blank=True,
    )
    first_language = models.CharField(_("first language"), max_length=5, choices=settings.LANGUAGES, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True, validators=[known_time_zone])
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("portal")
        verbose_name_plural = _("portals")
        constraints = [
            readable(*(f"name_{code}" for code, _name in settings.LANGUAGES), of="portal"),
            models.CheckConstraint(condition=Q(id=1), name="portal_one"),
            models.CheckConstraint(
                condition=Q(first_language="") | Q(languages__contains=[F("first_language")]),
                name="portal_first_language_offered",
                violation_error_message=_("The first language is one of those in which the portal is offered."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_named(self) -> bool:
        return any(self.names.values())

    @property
    def names(self) -> dict[str, str]:
        """By language; "" where it has none."""
        return {code: getattr(self, f"name_{code}") or "" for code, _name in settings.LANGUAGES}

    @property
    def title(self) -> str:
        """The name in the reader's language, else in the first one, else in any."""
        names = self.names
        wanted = [get_language() or "", self.default_language, *names]
        return next((names[code] for code in wanted if names.get(code)), "") or gettext("Integration Portal")

    @property
    def offered_languages(self) -> list[str]:
        """Of those of which every text is translated, the ones that were chosen; all of them until somebody chooses."""
        complete = settings.OFFERED_LANGUAGES
        return [code for code in complete if code in self.languages] or list(complete)

    @property
    def default_language(self) -> str:
        """For whoever asks for none that is offered."""
        offered = self.offered_languages
        return next((code for code in (self.first_language, settings.LANGUAGE_CODE) if code in offered), offered[0])

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """That of the settings where this machine does not know the chosen one: the lists of time zones change."""
        return zoneinfo.ZoneInfo(self.time_zone if self.time_zone in time_zones() else settings.TIME_ZONE)
