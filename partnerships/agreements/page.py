"""What the page of a partnership shows to whom, and what it offers as the next step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _

from orgs.drawing.own_words import own_name, own_words, saying
from orgs.models import Membership
from orgs.permissions import Person
from partnerships.agreements.timeline import timeline
from partnerships.engagement.comparison import period_words, voices_of
from partnerships.models import (
    Assessment,
    AssessmentDecision,
    Experience,
    Partnership,
    PartnershipParty,
)
from partnerships.permissions import SPEAKING_ROLES, can_edit_partnership, parties_spoken_for
from partnerships.vocabulary import AssessmentState, PartnershipState, PartyAnswer, PartyRole


@dataclass(frozen=True)
class Step:
    """Something that waits, in words, with the button that does it. `is_post` for one that acts at once."""

    title: str
    text: str = ""
    tone: str = "info"
    url: str = ""
    label: str = ""
    is_post: bool = False
    url2: str = ""
    label2: str = ""


def is_insider(partnership: Partnership, user: Person) -> bool:
    """A party, a reviewer of the place, or an administrator: reads the answers, notes and papers that the public does
    not.
    """
    if not user.is_authenticated:
        return False
    if user.is_staff:
        return True
    mine = Partnership.objects.filter(pk=partnership.pk)
    return mine.of_members(user).exists() or Partnership.objects.in_review_of(user).filter(pk=partnership.pk).exists()


def partnership_page(partnership: Partnership, user: Person) -> dict[str, Any]:
    may_edit = can_edit_partnership(user, partnership)
    insider = is_insider(partnership, user)
    parties = list(partnership.parties.all())
    shown = parties if insider else [party for party in parties if is_agreed(party)]
    mine = parties_spoken_for(user, parties)
    assessments = (
        list(
            Assessment.objects.visible_to(user)
            .filter(partnership=partnership)
            .select_related("claimed", "confirmed")
            .prefetch_related("decisions__level")
        )
        if insider
        else []
    )
    voices = voices_of(partnership, user, timezone.localdate())
    return {
        "voices": voices,
        "decision": public_decision(voices.assessment),
        "parties": shown,
        "my_parties": mine,
        "is_insider": insider,
        "may_edit": may_edit,
        "assessments": assessments,
        "steps": [
            *steps_of_partner(partnership, mine),
            *(steps_of_authority(partnership, assessments) if may_edit else []),
        ],
        "entries": timeline(partnership, user, may_change=may_edit),
        "domains": list(partnership.domains.all()),
        "practices": list(partnership.practices.all()),
        "facts": facts(partnership),
    }


def is_agreed(party: PartnershipParty) -> bool:
    return party.role == PartyRole.AUTHORITY or party.answer == PartyAnswer.CONFIRMED


def public_decision(assessment: Assessment | None) -> AssessmentDecision | None:
    """The reasons of a confirmation are for everybody; those of a return are for the two sides."""
    if assessment is None or assessment.state != AssessmentState.CONFIRMED:
        return None
    return assessment.decisions.select_related("level").first()


def facts(partnership: Partnership) -> list[tuple[str, str]]:
    return [
        (_("Reference"), partnership.reference),
        (_("Kind"), capfirst(partnership.get_kind_display())),
        (_("Territory"), str(partnership.territory)),
        (_("Territory of origin"), partnership.territory_of_origin),
        (_("Start"), formats.date_format(partnership.starts_on)),
        (_("End"), formats.date_format(partnership.ends_on) if partnership.ends_on else ""),
        (_("SDG targets"), ", ".join(partnership.sdg_targets)),
        (_("Objectives of the Global Compact"), ", ".join(map(str, partnership.gcm_objectives))),
    ]


# What waits for the viewer


def names_of(parties: Sequence[PartnershipParty]) -> str:
    return SafeString(get_text_list([own_name(party.organisation) for party in parties], escape(_("and"))))


def steps_of_authority(partnership: Partnership, assessments: Sequence[Assessment]) -> list[Step]:
    reference = partnership.reference
    propose = reverse("partnerships:partnership_propose", args=[reference])
    partners = partnership.partner_parties
    waiting = [party for party in partners if party.answer == PartyAnswer.WAITING]
    if partnership.state == PartnershipState.DRAFT:
        return [
            Step(
                _("This is a draft. Only your authority sees it."),
                saying(
                    _("Next, %(names)s are asked whether it is right.")
                    if len(partners) > 1
                    else _("Next, %(names)s is asked whether it is right."),
                    names=names_of(partners),
                ),
                url=propose,
                label=_("Ask the partners"),
                is_post=True,
                url2=reverse("partnerships:partnership_edit", args=[reference]),
                label2=_("Change it first"),
            )
        ]
    if partnership.state == PartnershipState.DISPUTED:
        return [
            Step(
                saying(
                    _("%(names)s said that something is not right."),
                    names=names_of([party for party in partners if party.answer == PartyAnswer.DISPUTED]),
                ),
                _(
                    "Read the note below, correct what is wrong and ask the partners again. Until then the partnership is not public."
                ),
                "warning",
                url=reverse("partnerships:partnership_edit", args=[reference]),
                label=_("Change it"),
                url2=propose,
                label2=_("Ask the partners again"),
            )
        ]
    if waiting:
        unreachable = without_account(waiting)
        return [
            Step(
                saying(_("Waiting for the answer of %(names)s."), names=names_of(waiting)),
                saying(
                    _("Nobody at %(names)s has an account yet, so no e-mail could be sent. Contact them directly."),
                    names=names_of(unreachable),
                )
                if unreachable
                else _("They have been asked by e-mail. The page becomes public when all partners have confirmed."),
                "info",
            )
        ]
    return [step_of_assessment(partnership, assessments)]


def without_account(parties: Sequence[PartnershipParty]) -> list[PartnershipParty]:
    """Those for which nobody could be written to."""
    reached = set(
        Membership.objects.active()
        .filter(organisation__in=[party.organisation_id for party in parties], role__in=SPEAKING_ROLES)
        .values_list("organisation", flat=True)
    )
    return [party for party in parties if party.organisation_id not in reached]


def step_of_assessment(partnership: Partnership, assessments: Sequence[Assessment]) -> Step:
    current = next((one for one in assessments if one.state != AssessmentState.CONFIRMED), None)
    if current is None:
        return Step(
            _("How far did you involve the partners?"),
            _("Choose a period, pick the evidence from what is logged here, and claim the level that follows."),
            url=reverse("partnerships:assessment_add", args=[partnership.reference]),
            label=_("Assess the engagement"),
        )
    period = {"period": period_words(current)}
    match current.state:
        case AssessmentState.DRAFT:
            title, text, tone = (
                _("The assessment of %(period)s is a draft.") % period,
                _("Only your authority sees it until it is submitted."),
                "info",
            )
        case AssessmentState.RETURNED:
            title, text, tone = (
                _("The claim for %(period)s was returned.") % period,
                own_words(current.decisions.all()[0].reasons),
                "warning",
            )
        case _state:
            return Step(
                _("The claim for %(period)s is with the reviewers.") % period,
                url=current.get_absolute_url(),
                label=_("Read the claim"),
            )
    return Step(title, text, tone, current.get_absolute_url(), _("Continue the assessment"))


def steps_of_partner(partnership: Partnership, mine: Sequence[PartnershipParty]) -> list[Step]:
    steps = []
    for party in mine:
        name = own_name(party.organisation)
        answer = reverse("partnerships:partnership_answer", args=[partnership.reference, party.organisation.slug])
        if party.answer == PartyAnswer.WAITING and partnership.state != PartnershipState.DRAFT:
            steps.append(
                Step(
                    saying(_("Is this right? %(name)s has not answered yet."), name=name),
                    _("Confirm what the authority logged, or say what is not right."),
                    "warning",
                    answer,
                    _("Answer"),
                )
            )
        elif party.answer == PartyAnswer.DISPUTED:
            steps.append(
                Step(
                    saying(_("%(name)s has said that something is not right."), name=name),
                    _("The authority has been told. You can change your answer."),
                    "info",
                    answer,
                    _("Change the answer"),
                )
            )
        if party.answer == PartyAnswer.CONFIRMED:
            steps += experience_steps(partnership, party)
    return steps


def experience_steps(partnership: Partnership, party: PartnershipParty) -> list[Step]:
    current = Assessment.objects.open().filter(partnership=partnership).first()
    if current is None:
        return []
    url = reverse("partnerships:experience_edit", args=[current.pk, party.organisation.slug])
    about = {"name": own_name(party.organisation), "period": period_words(current)}
    if Experience.objects.filter(assessment=current, party=party).exists():
        text = (
            _("The authority cannot read it before its own claim is in. You can still change it.")
            if current.state == AssessmentState.DRAFT
            else _("It is shown beside the claim. You can change it until a level is confirmed.")
        )
        return [
            Step(
                saying(_("%(name)s has given its view of %(period)s."), **about),
                text,
                "success",
                url,
                _("Change the view"),
            )
        ]
    return [
        Step(
            saying(_("How was it for %(name)s from %(period)s?"), **about),
            _("Your view is shown beside the authority's claim and counts as much."),
            "warning",
            url,
            _("Give your view"),
        )
    ]


# The timeline
