import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.vocabulary import FIRST_RULES, Tier, VerificationCriterion

MONTHS, DAYS, LOOKS = (3, 60), (1, 120), (12, 120)
"""For how long a verification may hold, after how many days a registration may count as overdue, and after how many months at the latest a
reviewer looks at the whole of an organisation again."""


def first_contact() -> list[str]:
    return [*FIRST_RULES[Tier.CONTACT]]


def first_documented() -> list[str]:
    return [*FIRST_RULES[Tier.DOCUMENTED]]


def first_established() -> list[str]:
    return [*FIRST_RULES[Tier.ESTABLISHED]]


class VerificationRulesQuerySet(models.QuerySet["VerificationRules"]):
    def current(self) -> "VerificationRules":
        """The latest version, or what the portal comes with where nobody has decided anything: a row that is not stored."""
        return self.order_by("-pk").first() or VerificationRules()


class VerificationRules(models.Model):
    """One version of what reviewers ask before an organisation is verified. The latest holds; none is ever changed, since decisions
    rest on it.
    """

    contact = ArrayField(
        models.CharField(max_length=20, choices=VerificationCriterion),
        default=first_contact,
        verbose_name=Tier.CONTACT.label,
    )
    documented = ArrayField(
        models.CharField(max_length=20, choices=VerificationCriterion),
        default=first_documented,
        verbose_name=Tier.DOCUMENTED.label,
    )
    established = ArrayField(
        models.CharField(max_length=20, choices=VerificationCriterion),
        default=first_established,
        verbose_name=Tier.ESTABLISHED.label,
    )
    months_valid = models.PositiveSmallIntegerField(
        _("months for which a verification holds"),
        default=12,
        validators=[MinValueValidator(MONTHS[0]), MaxValueValidator(MONTHS[1])],
    )
    days_until_overdue = models.PositiveSmallIntegerField(
        _("days after which a registration is overdue"),
        default=14,
        validators=[MinValueValidator(DAYS[0]), MaxValueValidator(DAYS[1])],
    )
    months_until_look = models.PositiveSmallIntegerField(
        _("months after which a reviewer looks at all of it again"),
        default=36,
        validators=[MinValueValidator(LOOKS[0]), MaxValueValidator(LOOKS[1])],
    )
    note = models.CharField(_("why"), max_length=250, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="verification_rules", verbose_name=_("decided by")
    )
    made_at = models.DateTimeField(_("decided at"), default=timezone.now)

    objects = VerificationRulesQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("verification rules")
        verbose_name_plural = _("verification rules")
        constraints = [
            models.CheckConstraint(
                condition=~Q(contact=[]) & ~Q(documented=[]) & ~Q(established=[]),
                name="rules_tier_has_criterion",
                violation_error_message=_("Each tier needs at least one criterion of its own."),
            ),
            models.CheckConstraint(
                condition=~Q(contact__overlap=F("documented"))
                & ~Q(contact__overlap=F("established"))
                & ~Q(documented__overlap=F("established")),
                name="rules_criterion_once",
                violation_error_message=_("A criterion belongs to one tier: the higher ones include it."),
            ),
            models.CheckConstraint(
                condition=Q(
                    contact__contained_by=VerificationCriterion.values,
                    documented__contained_by=VerificationCriterion.values,
                    established__contained_by=VerificationCriterion.values,
                ),
                name="rules_known_criteria",
                violation_error_message=_("Choose criteria from the list."),
            ),
            models.CheckConstraint(
                condition=Q(months_valid__range=MONTHS, days_until_overdue__range=DAYS, months_until_look__range=LOOKS),
                name="rules_times_in_range",
                violation_error_message=_("Check the months and the days."),
            ),
        ]
        triggers = [pgtrigger.Protect(name="rules_stay", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d}"

    @property
    def criteria(self) -> dict[str, list[str]]:
        """What each tier needs of its own, from the lowest up."""
        return {Tier.CONTACT: self.contact, Tier.DOCUMENTED: self.documented, Tier.ESTABLISHED: self.established}
