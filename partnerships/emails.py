"""Letters about partnerships. Each reader gets one in their own language, written in the transaction that causes it."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse

from orgs.mail.emails import people_with_role, write_to
from orgs.models import Organisation, User
from partnerships.models import Assessment, AssessmentDecision, Partnership, PartnershipParty
from partnerships.permissions import ACTING_ROLES, SPEAKING_ROLES
from partnerships.vocabulary import PartyAnswer


def speakers_of(organisation: Organisation) -> QuerySet[User]:
    """Those who answer for an organisation: in a CSO its owners and editors, in an authority its managers and
    officers.
    """
    return people_with_role(organisation, SPEAKING_ROLES)


def ask_partners(partnership: Partnership, parties: Iterable[PartnershipParty]) -> None:
    """Is this right? To each partner that has not answered."""
    for party in parties:
        path = reverse("partnerships:partnership_answer", args=[partnership.reference, party.organisation.slug])
        context = {"partnership": partnership, "organisation": party.organisation, "path": path}
        write_to(speakers_of(party.organisation), "partnership_proposed", context)


def email_authority_of_answer(party: PartnershipParty) -> None:
    partnership = party.partnership
    context = {
        "partnership": partnership,
        "party": party,
        "organisation": party.organisation,
        "is_confirmed": party.answer == PartyAnswer.CONFIRMED,
    }
    write_to(people_with_role(partnership.authority, ACTING_ROLES), "partnership_answered", context)


def email_partners_of_end(partnership: Partnership) -> None:
    for party in partnership.partner_parties:
        context = {"partnership": partnership, "organisation": party.organisation}
        write_to(speakers_of(party.organisation), "partnership_ended", context)


def ask_for_experience(assessment: Assessment) -> None:
    """To every partner that has confirmed and has not yet given its view of this period."""
    parties = assessment.partnership.parties.partners().filter(answer=PartyAnswer.CONFIRMED)
    for party in parties.exclude(experiences__assessment=assessment).select_related("organisation"):
        path = reverse("partnerships:experience_edit", args=[assessment.pk, party.organisation.slug])
        context = {
            "partnership": assessment.partnership,
            "assessment": assessment,
            "organisation": party.organisation,
            "path": path,
        }
        write_to(speakers_of(party.organisation), "assessment_experience_wanted", context)


def email_decision(decision: AssessmentDecision) -> None:
    """To both sides: the people who act for the authority, and those who speak for each partner that confirmed."""
    assessment = decision.assessment
    partnership = assessment.partnership
    template = "assessment_confirmed" if decision.outcome == decision.Outcome.CONFIRMED else "assessment_returned"
    context = {"partnership": partnership, "assessment": assessment, "decision": decision}
    write_to(people_with_role(partnership.authority, ACTING_ROLES), template, {**context, "is_authority": True})
    for party in partnership.partner_parties:
        if party.answer == PartyAnswer.CONFIRMED:
            write_to(speakers_of(party.organisation), template, {**context, "is_authority": False})
