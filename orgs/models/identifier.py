from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orgs.models.organisation import Organisation

REGISTER = r"^[A-Z]{2}-[A-Z0-9]+$"
"""The code of a register as org-id.guide writes it: a country and a name."""


class OrganisationIdentifier(models.Model):
    """The number of an organisation in a register: filled from `Organisation.identifiers` by the database."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="numbers")
    scheme = models.CharField(_("register"), max_length=40)
    code = models.CharField(_("number"), max_length=100)
    is_open = models.BooleanField(_("of an organisation that is not closed"))

    class Meta:
        ordering = ["scheme", "code"]
        verbose_name = _("number in a register")
        verbose_name_plural = _("numbers in registers")
        constraints = [
            models.UniqueConstraint(
                "scheme",
                "code",
                name="organisation_identifier_once",
                condition=Q(is_open=True),
                violation_error_message=_("Another organisation has this number."),
            ),
            models.CheckConstraint(condition=Q(scheme__regex=REGISTER), name="organisation_identifier_scheme"),
            models.CheckConstraint(condition=~Q(code=""), name="organisation_identifier_code"),
        ]
        indexes = [models.Index("scheme", "code", name="organisation_identifier_any")]

    def __str__(self) -> str:
        return f"{self.scheme}-{self.code}"
