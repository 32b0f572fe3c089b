from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from orgs.likeness import HouseOf
from orgs.models.organisation import Organisation


class OrganisationContactQuerySet(models.QuerySet["OrganisationContact"]):
    def standing(self) -> "OrganisationContactQuerySet":
        return self.filter(is_proposed=False)

    def proposed(self) -> "OrganisationContactQuerySet":
        """In place of the standing one, once a reviewer has accepted."""
        return self.filter(is_proposed=True)


class OrganisationContact(models.Model):
    """The person behind an organisation. Never public: only its own members and its reviewers read it.

    Of a verified organisation another one is a proposed change: its people and the reviewers know both until it is decided.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("function"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"))
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    is_proposed = models.BooleanField(_("proposed"), default=False, editable=False)

    objects = OrganisationContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint("organisation", name="contact_one_proposed", condition=Q(is_proposed=True)),
        ]
        indexes = [models.Index(HouseOf("email"), name="contact_house")]

    def __str__(self) -> str:
        return self.name

    @property
    def in_one_line(self) -> str:
        return " · ".join(filter(None, (self.name, self.role, self.email, self.phone)))


def digest_of(contacts: Iterable[OrganisationContact]) -> str:
    """Enough to see that a contact changed, and nothing of the person; "" of none."""
    said = sorted(f"{who.name} {who.role} {who.email} {who.phone}" for who in contacts)
    return salted_hmac("orgs.verification.checklist.contact", "\n".join(said)).hexdigest() if said else ""
