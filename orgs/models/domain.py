from django.db import models
from django.utils.translation import gettext_lazy as _


class Domain(models.Model):
    """One of the eleven areas of life in which integration shows (need S2), such as language or housing."""

    code = models.CharField(_("code"), max_length=8, unique=True)
    slug = models.SlugField(_("address"), max_length=40, unique=True)
    order = models.PositiveSmallIntegerField(_("order"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    icon = models.CharField(_("icon"), max_length=40, blank=True)

    class Meta:
        ordering = ["order"]
        verbose_name = _("domain")
        verbose_name_plural = _("domains")

    def __str__(self) -> str:
        return self.name
