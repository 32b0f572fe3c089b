from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orgs.models.contact import digest_of
from orgs.models.organisation import Organisation
from orgs.models.reviewable import ReviewableQuerySet
from orgs.models.territory import Territory

PROTECTED_FACTS = (
    "name",
    "acronym",
    "names",
    "identifiers",
    "kind",
    "territory",
    "website",
    "public_email",
    "public_phone",
    "address",
)
"""By which others know an organisation. Once somebody has verified it, its own people propose a change of these, and a reviewer decides."""
CONTACT = "contact"
"""Who stands behind it is proposed too. It is private: a change keeps digests alone, and `OrganisationContact` the two people until it is decided."""


class ProposedChangeQuerySet(ReviewableQuerySet):
    def open(self) -> "ProposedChangeQuerySet":
        """Before the reviewers. One of a closed organisation comes back there when it is reopened."""
        return self.filter(state=ProposedChange.State.OPEN, organisation__closed_on=None)

    def placed(self) -> Self:
        """A seat that shall be elsewhere is for the reviewers of the new place, who answer for it from then on; where that place was deleted,
        for those of today's."""
        wanted = Cast(KT("facts__territory__1"), models.BigIntegerField())
        there = Territory.objects.filter(pk=OuterRef("wanted_place")).values("pk")
        return self.alias(wanted_place=wanted).alias(decided_in=Coalesce(Subquery(there), F(self.place)))

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "ProposedChangeQuerySet":  # type: ignore[name-defined]
        return self if user.is_staff else self.reviewable_by(user)


class ProposedChange(models.Model):
    """What the people of a verified organisation want its protected facts to be. The public page says the old ones until a reviewer accepts."""

    class State(models.TextChoices):
        OPEN = "open", _("to be reviewed")
        ACCEPTED = "accepted", _("accepted")
        RETURNED = "returned", _("sent back")
        WITHDRAWN = "withdrawn", _("withdrawn")

    SHOWN = (State.OPEN, State.RETURNED)
    """What its people still have to know of; they end it by withdrawing it, or by proposing something else."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="proposed_changes")
    facts = models.JSONField(_("facts"))
    """{fact: [as it was, as it shall be]} of PROTECTED_FACTS, as plain values: a territory by its id; and of CONTACT, by digests."""
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="proposed_changes")
    proposed_at = models.DateTimeField(_("proposed at"), auto_now_add=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="decided_changes", null=True, blank=True
    )
    reasons = models.TextField(_("reasons"), blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = ProposedChangeQuerySet.as_manager()

    class Meta:
        ordering = ["proposed_at", "pk"]
        verbose_name = _("proposed change")
        verbose_name_plural = _("proposed changes")
        constraints = [
            models.UniqueConstraint(
                "organisation",
                name="proposed_change_one_open",
                condition=Q(state="open"),
                violation_error_message=_("A change of this organisation is already proposed."),
            ),
            models.CheckConstraint(condition=~Q(facts={}), name="proposed_change_changes_something"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "withdrawn"])
                | (Q(decided_at__isnull=False, reviewer__isnull=False) & ~Q(reviewer=models.F("proposed_by"))),
                name="proposed_change_decision_is_signed",
                violation_error_message=_("A decision has a date, and a reviewer who did not propose the change."),
            ),
            models.CheckConstraint(
                condition=~Q(state="returned", reasons=""),
                name="proposed_change_return_has_reasons",
                violation_error_message=_("Give the reasons for sending it back."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("orgs:change_review", args=[self.pk])

    @property
    def wanted(self) -> dict[str, Any]:
        """{fact: as it shall be} of the organisation's own facts, a territory as a territory."""
        return {fact: value_of(fact, after) for fact, (_before, after) in self.facts.items() if fact != CONTACT}


def plain(organisation: Organisation, fact: str) -> object:
    """As a proposed change keeps it."""
    if fact == CONTACT:
        return digest_of(organisation.contacts.standing())
    return organisation.territory_id if fact == "territory" else getattr(organisation, fact)


def value_of(fact: str, value: Any) -> Any:
    """A territory that is no more is None."""
    return Territory.objects.select_related("scheme").filter(pk=value).first() if fact == "territory" else value
