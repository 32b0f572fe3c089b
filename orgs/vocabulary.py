"""The words of the registry: closed lists that code depends on. Open lists (domains, territories) are tables."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sector(models.TextChoices):
    CIVIL_SOCIETY = "civil_society", _("civil society")
    AUTHORITY = "authority", _("public authority")
    PRIVATE = "private", _("employers and business")
    LABOUR = "labour", _("trade unions")
    MEDIA = "media", _("media")
    KNOWLEDGE = "knowledge", _("universities and research")
    INTERNATIONAL = "international", _("international organisations")


class Kind(models.TextChoices):
    ASSOCIATION = "association", _("association")
    FOUNDATION = "foundation", _("foundation")
    MIGRANT_ASSOCIATION = "migrant_association", _("migrants' or diaspora association")
    INFORMAL_GROUP = "informal_group", _("informal group")
    FAITH_BASED = "faith_based", _("faith-based organisation")
    NETWORK = "network", _("network or federation")
    AUTHORITY = "authority", _("public authority")
    EMPLOYER = "employer", _("employer")
    EMPLOYERS_ASSOCIATION = "employers_association", _("employers' association")
    MIGRANT_BUSINESS = "migrant_business", _("migrant-owned business")
    COOPERATIVE = "cooperative", _("cooperative")
    TRADE_UNION = "trade_union", _("trade union")
    MEDIA = "media", _("media outlet")
    UNIVERSITY = "university", _("university or research centre")
    INTERNATIONAL_ORGANISATION = "international", _("international organisation")


class LevelOfGovernment(models.TextChoices):
    LOCAL = "local", _("local")
    REGIONAL = "regional", _("regional")
    NATIONAL = "national", _("national")


class Tier(models.TextChoices):
    """How far an organisation was checked, from least to most. Derived from the reviewer's answers, never picked."""

    CONTACT = "contact", _("contact confirmed")
    DOCUMENTED = "documented", _("documents seen")
    ESTABLISHED = "established", _("track record seen")


class VerificationCriterion(models.TextChoices):
    """What a reviewer may be asked of an organisation. Which tier needs it, administrators decide (`VerificationRules`)."""

    REACHABLE = "reachable", _("The contact given was reached.")
    PURPOSE = "purpose", _("Its purpose concerns the integration of migrants, or rights in general, and is lawful.")
    TERRITORY = "territory", _("It works in the territory that it names.")
    DOCUMENTED = "documented", _("Its registration or statutes were seen, or a verified organisation vouches for it.")
    TWO_YEARS = "two_years", _("It shows two years of activity.")
    ACCOUNTS = "accounts", _("Its accounts or a yearly report were seen.")


FIRST_RULES: dict[str, list[str]] = {
    Tier.CONTACT: [VerificationCriterion.REACHABLE, VerificationCriterion.PURPOSE, VerificationCriterion.TERRITORY],
    Tier.DOCUMENTED: [VerificationCriterion.DOCUMENTED],
    Tier.ESTABLISHED: [VerificationCriterion.TWO_YEARS, VerificationCriterion.ACCOUNTS],
}
"""What each tier needs until an administrator decides otherwise."""


class CapacitySide(models.TextChoices):
    NEED = "need", _("need")
    OFFER = "offer", _("offer")


class CapacityKind(models.TextChoices):
    TRAINING = "training", _("training")
    SPACE = "space", _("space")
    STAFF = "staff", _("staff")
    FUNDING = "funding", _("funding")
    EQUIPMENT = "equipment", _("equipment")
    INTERPRETERS = "interpreters", _("interpreters")
