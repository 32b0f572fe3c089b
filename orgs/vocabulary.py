"""The words of the registry: closed lists that code depends on. Open lists (domains, territories) are tables."""

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _


def choices_of(words: type[models.TextChoices]) -> list[tuple[str, str]]:
    """Of a closed list, as a form shows them: each label begins with a capital letter."""
    return [(word.value, capfirst(word.label)) for word in words]


class Sector(models.TextChoices):
    """Follows from the kind."""

    CIVIL_SOCIETY = "civil_society", _("civil society")
    AUTHORITY = "authority", _("public authority")
    PRIVATE = "private", _("employers and business")
    LABOUR = "labour", _("trade unions")
    MEDIA = "media", _("media")
    KNOWLEDGE = "knowledge", _("education and research")
    INTERNATIONAL = "international", _("international organisations")


class Kind(models.TextChoices):
    """What an organisation is by its legal nature. What else it is, its marks say."""

    ASSOCIATION = "association", _("association")
    FOUNDATION = "foundation", _("foundation")
    INFORMAL_GROUP = "informal_group", _("informal group")
    FAITH_BASED = "faith_based", _("faith-based organisation")
    NETWORK = "network", _("network or federation")
    AUTHORITY = "authority", _("public authority")
    PUBLIC_AGENCY = "public_agency", _("public agency")
    ENTERPRISE = "enterprise", _("enterprise")
    SOCIAL_ENTERPRISE = "social_enterprise", _("social enterprise")
    COOPERATIVE = "cooperative", _("cooperative")
    EMPLOYERS_ASSOCIATION = "employers_association", _("employers' association")
    FINANCIAL_INSTITUTION = "financial_institution", _("financial institution")
    TRADE_UNION = "trade_union", _("trade union")
    MEDIA = "media", _("media outlet")
    EDUCATION = "education", _("university or school")
    INTERNATIONAL_ORGANISATION = "international", _("international organisation")


class Mark(models.TextChoices):
    """What an organisation is beside its legal nature, several at a time (need S5)."""

    MIGRANT = "migrant", _("led by migrants")
    DIASPORA = "diaspora", _("of a diaspora")
    WOMEN = "women", _("led by women")
    YOUTH = "youth", _("led by young people")


class Work(models.TextChoices):
    """What an organisation does between migrants and the society that receives them (need S4)."""

    SERVES = "serves", _("gives services")
    MEDIATES = "mediates", _("mediates")
    ADVOCATES = "advocates", _("advocates for rights")
    MONITORS = "monitors", _("monitors and reports")
    REPRESENTS = "represents", _("represents its members")


class SizeBand(models.TextChoices):
    """Staff and volunteers together."""

    UP_TO_5 = "1-5", _("up to 5 people")
    UP_TO_20 = "6-20", _("6 to 20 people")
    UP_TO_50 = "21-50", _("21 to 50 people")
    UP_TO_250 = "51-250", _("51 to 250 people")
    MORE = "251-", _("more than 250 people")


class BudgetBand(models.TextChoices):
    """Of a year, in euros."""

    NONE = "0", _("no budget")
    UP_TO_10 = "0-10", _("up to €10,000")
    UP_TO_50 = "10-50", _("€10,000 to €50,000")
    UP_TO_250 = "50-250", _("€50,000 to €250,000")
    UP_TO_1000 = "250-1000", _("€250,000 to €1 million")
    MORE = "1000-", _("more than €1 million")


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
    DOCUMENTED = "documented", _("Its registration or statutes were seen, or others vouch for it.")
    TWO_YEARS = "two_years", _("It shows two years of activity.")
    ACCOUNTS = "accounts", _("Its accounts or a yearly report were seen.")


FIRST_RULES: dict[str, list[str]] = {
    Tier.CONTACT: [VerificationCriterion.REACHABLE, VerificationCriterion.PURPOSE, VerificationCriterion.TERRITORY],
    Tier.DOCUMENTED: [VerificationCriterion.DOCUMENTED],
    Tier.ESTABLISHED: [VerificationCriterion.TWO_YEARS, VerificationCriterion.ACCOUNTS],
}
"""What each tier needs until an administrator decides otherwise."""


class TargetGroup(models.TextChoices):
    """For whom a service is; where it names none, for everybody."""

    NEWCOMERS = "newcomers", _("newcomers")
    ASYLUM_SEEKERS = "asylum_seekers", _("asylum seekers and refugees")
    UNDOCUMENTED = "undocumented", _("people without papers")
    WORKERS = "workers", _("workers")
    CARE_WORKERS = "care_workers", _("domestic and care workers")
    WOMEN = "women", _("women")
    FAMILIES = "families", _("families")
    CHILDREN = "children", _("children and young people")
    ALONE = "alone", _("unaccompanied minors")
    OLDER = "older", _("older people")
    LGBTI = "lgbti", _("LGBTI people")
    DISABLED = "disabled", _("people with disabilities")
    HOMELESS = "homeless", _("people without a home")
    STUDENTS = "students", _("students")


class Delivery(models.TextChoices):
    """Where a service is given."""

    ADDRESS = "address", _("at an address")
    ONLINE = "online", _("online")
    TELEPHONE = "telephone", _("by telephone")
    OUTREACH = "outreach", _("where people are: in the street, at home")


class Accessibility(models.TextChoices):
    STEP_FREE = "step_free", _("step-free")
    TOILET = "toilet", _("accessible toilet")
    SIGN_LANGUAGE = "sign_language", _("sign language")
    HEARING_LOOP = "hearing_loop", _("hearing loop")
    EASY_READ = "easy_read", _("easy-to-read texts")


class Weekday(models.TextChoices):
    """As iCalendar has them."""

    MONDAY = "MO", _("Monday")
    TUESDAY = "TU", _("Tuesday")
    WEDNESDAY = "WE", _("Wednesday")
    THURSDAY = "TH", _("Thursday")
    FRIDAY = "FR", _("Friday")
    SATURDAY = "SA", _("Saturday")
    SUNDAY = "SU", _("Sunday")


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


class VolunteerKind(models.TextChoices):
    """How people lend a hand (need S26)."""

    REGULAR = "regular", _("regular help")
    OCCASION = "occasion", _("help on one occasion")
    MICRO_PROJECT = "micro_project", _("micro-project")
