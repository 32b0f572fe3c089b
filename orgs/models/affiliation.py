"""To whom an organisation belongs: it says so, and the other side confirms it, or not."""

import datetime
from enum import StrEnum

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models.conditions import public
from orgs.models.membership import Membership
from orgs.models.organisation import Organisation

REFUSED_FOR = datetime.timedelta(days=90)
"""So long a tie that was refused is not proposed again."""
LEADING = ("owner", "manager")
ANSWER_BY_RULES = f"""
    IF (NEW.accepted_at IS NOT NULL OR NEW.refused_at IS NOT NULL)
            AND (TG_OP = 'INSERT' OR (OLD.accepted_at IS NULL AND OLD.refused_at IS NULL))
            AND NOT EXISTS (SELECT FROM orgs_membership WHERE user_id = coalesce(NEW.accepted_by_id, NEW.refused_by_id)
                            AND organisation_id = NEW.parent_id AND ended_at IS NULL
                            AND role IN ({", ".join(f"'{role}'" for role in LEADING)})) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'affiliation_answered_by_leaders', MESSAGE = 'does not speak for it';
    END IF;
    IF NEW.refused_at IS NULL AND NEW.ended_at IS NULL
            AND (TG_OP = 'INSERT' OR (OLD.organisation_id, OLD.parent_id, OLD.kind) <> (NEW.organisation_id, NEW.parent_id, NEW.kind))
            AND EXISTS (
            SELECT FROM orgs_affiliation WHERE organisation_id = NEW.organisation_id AND parent_id = NEW.parent_id AND kind = NEW.kind
            AND id <> NEW.id AND refused_at > NEW.proposed_at - interval '{REFUSED_FOR.days} days') THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'affiliation_refused_lately', MESSAGE = 'refused a short time ago';
    END IF;
    RETURN NEW;
"""  # noqa: S608 - of constants alone


def has_leaders() -> Exists:
    """Somebody can answer for the other side: its page is held."""
    return Exists(Membership.objects.active().filter(organisation=OuterRef("parent"), role__in=LEADING))


class AffiliationQuerySet(models.QuerySet["Affiliation"]):
    def live(self) -> "AffiliationQuerySet":
        """What the organisation says today, confirmed or not."""
        return self.filter(refused_at=None, ended_at=None)

    def confirmed(self) -> "AffiliationQuerySet":
        return self.live().filter(accepted_at__isnull=False)

    def of_public_parents(self) -> "AffiliationQuerySet":
        """Of those that the directory shows."""
        return self.filter(public("parent__"))

    def shown(self) -> "AffiliationQuerySet":
        """What everybody reads on the page of the organisation: what the other side confirmed, and, marked, what nobody can confirm."""
        return self.live().of_public_parents().filter(Q(accepted_at__isnull=False) | ~has_leaders())

    def questions(self) -> "AffiliationQuerySet":
        """What the other side can answer: of one that nobody holds, as soon as somebody claims it."""
        asking = Q(organisation__closed_on=None, organisation__suspended_on=None)
        return self.live().filter(asking, has_leaders(), accepted_at=None)

    def marked(self) -> "AffiliationQuerySet":
        """With what the mark beside each says (`affiliation_mark`)."""
        return self.annotate(has_leaders=has_leaders())

    def refused_since(self, moment: datetime.datetime) -> "AffiliationQuerySet":
        return self.filter(refused_at__gt=moment)


class Affiliation(models.Model):
    """That an organisation is a local branch of another one, or a member of it as of a network: one row for each time that it is said.

    It is proposed by the organisation. The other side, the parent, accepts or refuses it; the organisation may take it back, and either side
    ends what was accepted. Nothing else is stored: that nobody can answer, since nobody holds the page of the parent, is read of its listing.
    """

    class Kind(models.TextChoices):
        BRANCH = "branch", _("local branch of")
        MEMBER = "member", _("member of")

    class State(StrEnum):
        PROPOSED = "proposed"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        ENDED = "ended"

    FACTS = {Kind.BRANCH: "branch_of", Kind.MEMBER: "networks"}
    """What each kind is called among the facts of a profile, in its form and its files."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="affiliations")
    parent = models.ForeignKey(Organisation, models.CASCADE, related_name="affiliates")
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    """None of what was said before the other side was asked."""
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    refused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    refused_at = models.DateTimeField(_("refused at"), null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = AffiliationQuerySet.as_manager()

    class Meta:
        ordering = ["proposed_at", "pk"]
        verbose_name = _("branch or member")
        verbose_name_plural = _("branches and members")
        constraints = [
            models.CheckConstraint(
                condition=~Q(organisation=F("parent")),
                name="affiliation_of_two",
                violation_error_message=_("An organisation belongs to another one, not to itself."),
            ),
            models.UniqueConstraint(
                "organisation",
                "parent",
                "kind",
                name="affiliation_once",
                condition=Q(refused_at=None, ended_at=None),
                violation_error_message=_("It says so already."),
            ),
            models.UniqueConstraint(
                "organisation",
                name="affiliation_one_branch",
                condition=Q(kind="branch", refused_at=None, ended_at=None),
                violation_error_message=_("It is the local branch of one organisation."),
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, refused_at=None),
                name="affiliation_acceptance_is_signed",
            ),
            models.CheckConstraint(
                condition=Q(refused_at=None, refused_by=None)
                | Q(refused_at__isnull=False, refused_by__isnull=False, ended_at=None),
                name="affiliation_refusal_is_signed",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="affiliation_end_is_signed",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="answer_by_rules",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=ANSWER_BY_RULES,
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation} → {self.parent}"

    def get_absolute_url(self) -> str:
        """Where the other side answers."""
        return reverse("orgs:affiliation_list", args=[self.parent.slug])

    @property
    def state(self) -> "State":
        if self.refused_at is not None:
            return self.State.REFUSED
        if self.ended_at is not None:
            return self.State.ENDED
        return self.State.PROPOSED if self.accepted_at is None else self.State.ACCEPTED

    @property
    def fact(self) -> str:
        return self.FACTS[self.Kind(self.kind)]

    @property
    def may_be_proposed_from(self) -> datetime.datetime | None:
        """Again, where it was refused."""
        return None if self.refused_at is None else self.refused_at + REFUSED_FOR
