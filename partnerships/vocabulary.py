"""The words of partnerships: closed lists that code depends on. The engagement scale is a table, with versions."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PartnershipKind(models.TextChoices):
    SERVICES = "services", _("services for residents")
    CONSULTATION = "consultation", _("consultation and advice")
    CO_PLANNING = "co_planning", _("joint planning")
    EMPLOYMENT = "employment", _("employment and training")
    CAMPAIGN = "campaign", _("campaign")
    FUNDING = "funding", _("funding and support")
    CHARTER = "charter", _("charter or pact")
    DECENTRALISED_COOPERATION = "cooperation", _("cooperation with territories of origin")


class PartnershipState(models.TextChoices):
    DRAFT = "draft", _("draft")
    PROPOSED = "proposed", _("with the partners")
    ACTIVE = "active", _("active")
    DISPUTED = "disputed", _("disputed")
    ENDED = "ended", _("ended")


class PartyRole(models.TextChoices):
    AUTHORITY = "authority", _("authority")
    PARTNER = "partner", _("partner")


class PartyAnswer(models.TextChoices):
    WAITING = "waiting", _("not answered yet")
    CONFIRMED = "confirmed", _("confirmed")
    DISPUTED = "disputed", _("disputed")


class Stage(models.TextChoices):
    PLANNING = "planning", _("planning")
    IMPLEMENTATION = "implementation", _("implementation")
    MONITORING = "monitoring", _("monitoring")
    EVALUATION = "evaluation", _("evaluation")


class ActivityKind(models.TextChoices):
    BRIEFING = "briefing", _("briefing or notice")
    MEETING = "meeting", _("meeting")
    HEARING = "hearing", _("hearing or consultation")
    SURVEY = "survey", _("survey or request for data")
    JOINT_SESSION = "joint_session", _("joint working session")
    TRAINING = "training", _("training")
    SERVICE = "service", _("service delivered together")
    CAMPAIGN = "campaign", _("campaign")
    EVENT = "event", _("event")


class ContributionKind(models.TextChoices):
    MONEY = "money", _("money")
    TRAINING = "training", _("training")
    STAFF = "staff", _("staff")
    SPACE = "space", _("space")
    EQUIPMENT = "equipment", _("equipment and tools")
    DATA = "data", _("data")
    VOLUNTEER_HOURS = "volunteer_hours", _("volunteer hours")


class DocumentKind(models.TextChoices):
    NOTICE = "notice", _("notice or publication")
    CALL_FOR_COMMENTS = "call_for_comments", _("call for comments")
    WRITTEN_ANSWER = "written_answer", _("written answer")
    MINUTES = "minutes", _("minutes")
    OPTIONS_PAPER = "options_paper", _("options paper")
    AGREEMENT = "agreement", _("agreement or terms of reference")
    PLAN = "plan", _("plan")
    REPORT = "report", _("report or evaluation")


class AssessmentState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("to be reviewed")
    RETURNED = "returned", _("returned")
    CONFIRMED = "confirmed", _("confirmed")


# While the claim is the authority's to change.
WITH_THE_AUTHORITY = (AssessmentState.DRAFT, AssessmentState.RETURNED)

# Why a record cannot serve a criterion (`partnerships.engagement.levels.Shortfall`), in words for the person who may mend it.
OBSTACLE_WORDS = {
    "kind": _("it is not of the right kind."),
    "period": _("its date lies outside the assessed period."),
    "language": _("it does not say in which language it was."),
    "decision": _("it does not state a later date of the decision it was about."),
    "signatures": _("it is not marked as signed by all parties."),
    "giver": _("it was not given by the authority to a partner."),
}
