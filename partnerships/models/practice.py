from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orgs.models import Domain
from orgs.readable import readable
from partnerships.models.scale import Level


class PracticeQuerySet(models.QuerySet["Practice"]):
    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "PracticeQuerySet":  # type: ignore[name-defined]
        """A library for everybody."""
        return self


class Practice(models.Model):
    """A good practice from elsewhere that staff can search, link to a partnership and add to (need S34)."""

    domains = models.ManyToManyField(Domain, related_name="practices", verbose_name=_("domains"))
    level = models.ForeignKey(
        Level, models.PROTECT, related_name="practices", verbose_name=_("engagement level"), null=True, blank=True
    )
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=150)
    place = models.CharField(_("place"), max_length=150, blank=True)
    countries = ArrayField(models.CharField(max_length=2), verbose_name=_("countries"), default=list, blank=True)
    actors = models.CharField(_("who takes part"), max_length=250, blank=True)
    theme = models.CharField(_("theme"), max_length=80, blank=True)
    summary = models.TextField(_("what it does"))

    objects = PracticeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("good practice")
        verbose_name_plural = _("good practices")
        constraints = [readable("name", of="practice")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("partnerships:practice_detail", args=[self.slug])
