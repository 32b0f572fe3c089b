from django.db import models
from django.utils.translation import gettext_lazy as _

from orgs.models.organisation import Organisation
from orgs.vocabulary import CapacityKind, CapacitySide


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
