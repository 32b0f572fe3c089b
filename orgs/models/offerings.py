from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from orgs.folding import Folded
from orgs.models.domain import Domain
from orgs.models.organisation import Organisation
from orgs.models.service_type import ServiceType
from orgs.readable import readable
from orgs.vocabulary import CapacityKind, CapacitySide


class Service(models.Model):
    """Something an organisation does for people: a class, an advice desk, a meal, a bed."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="services")
    type = models.ForeignKey(
        ServiceType,
        models.PROTECT,
        related_name="services",
        verbose_name=_("what it is"),
        null=True,
        blank=True,
        help_text=_("By this, people find it in any language."),
    )
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="services", verbose_name=_("domain"))
    title = models.CharField(_("service"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    text_folded = models.GeneratedField(
        expression=Folded(Concat("title", Value(" "), "description", output_field=models.TextField())),
        output_field=models.TextField(),
        db_persist=True,
    )
    languages = ArrayField(models.CharField(max_length=3), verbose_name=_("languages"), default=list, blank=True)
    written_in = models.CharField(_("language of the text"), max_length=3, blank=True, default="")
    is_free = models.BooleanField(_("free of charge"), default=True)
    no_documents_required = models.BooleanField(_("no documents required"), default=False)
    has_childcare = models.BooleanField(_("childcare"), default=False)
    women_only = models.BooleanField(_("women only"), default=False)
    is_shelter = models.BooleanField(_("shelter"), default=False, help_text=_("Its address is never shown."))
    confirmed_on = models.DateField(_("last confirmed on"), null=True, blank=True)

    class Meta:
        ordering = ["organisation", "title"]
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = [readable("title", of="service")]

    def __str__(self) -> str:
        return self.title


class Capacity(models.Model):
    """What an organisation needs to work better, or offers to others (need S11)."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="capacities")
    side = models.CharField(_("need or offer"), max_length=5, choices=CapacitySide)
    kind = models.CharField(_("kind"), max_length=14, choices=CapacityKind)
    note = models.CharField(_("note"), max_length=250, blank=True)

    class Meta:
        ordering = ["organisation", "side", "kind"]
        verbose_name = _("capacity")
        verbose_name_plural = _("capacities")
        constraints = [
            models.UniqueConstraint(
                "organisation",
                "side",
                "kind",
                name="capacity_once",
                violation_error_message=_("This is already in the list."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_side_display()}: {self.get_kind_display()}"
