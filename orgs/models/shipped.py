from django.db import models
from django.utils.translation import gettext_lazy as _


class ShippedEntry(models.Model):
    """An entry of a vocabulary that came with the software: a domain, an indicator, a practice (`orgs/shipped.py`).

    By it an installation knows what it has been given already, and whether a row still says what it said when it came: that alone is
    corrected by a later version of the software. What an administrator has changed or deleted stays so.
    """

    kind = models.CharField(_("kind"), max_length=20)
    code = models.CharField(_("code"), max_length=120)
    digest = models.CharField(max_length=64)
    """Of the entry as it stood in the file."""
    state = models.JSONField(null=True)
    """What its row said when it had been written. None where the row was somebody's own before it came."""

    class Meta:
        verbose_name = _("entry that came with the software")
        verbose_name_plural = _("entries that came with the software")
        constraints = [models.UniqueConstraint("kind", "code", name="shipped_entry_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"
