"""What people may do in partnerships. `visible_to()` has said before what exists for them."""

from collections.abc import Iterable

from orgs.models import Membership
from orgs.permissions import Person, has_role, holds_role, is_administrator
from partnerships.models import Assessment, CoordinationTable, Partnership, PartnershipParty
from partnerships.vocabulary import PartyAnswer, PartyRole

Role = Membership.Role
# Those who act for an authority, and those who speak for any organisation. An authority may be a partner of another.
ACTING_ROLES = (Role.MANAGER, Role.OFFICER)
SPEAKING_ROLES = (Role.OWNER, Role.EDITOR, *ACTING_ROLES)


RIGHTS_REST_ON = {
    "partnerships.PartnershipParty": ("partnership", "organisation", "role"),
    "partnerships.CoordinationTable": ("convenor", "slug"),
    "partnerships.Assessment": (
        "partnership",
        "scale",
        "confirmed",
        "confirmed_from",
        "confirmed_until",
        "submitted_by",
    ),
    "partnerships.Partnership": ("reference", "is_sample", "created_by"),
}
"""As in `orgs.permissions`: no page changes these of what is there. Where a partnership is, its authority says, within its own territory."""


def can_log_partnerships(user: Person) -> bool:
    """An officer or manager of any authority."""
    return holds_role(user, *ACTING_ROLES)


def can_edit_partnership(user: Person, partnership: Partnership) -> bool:
    """An officer or manager of the leading authority; administrators run the platform and do not speak for an
    authority.
    """
    return (
        user.is_authenticated
        and user.memberships.acting()
        .filter(
            role__in=ACTING_ROLES,
            organisation__parties__partnership=partnership,
            organisation__parties__role=PartyRole.AUTHORITY,
        )
        .exists()
    )


def can_answer(user: Person, party: PartnershipParty) -> bool:
    return party.role == PartyRole.PARTNER and has_role(user, party.organisation, *SPEAKING_ROLES)


def parties_spoken_for(user: Person, parties: Iterable[PartnershipParty]) -> list[PartnershipParty]:
    """The partners among them for which the person can answer, in one query."""
    if not user.is_authenticated:
        return []
    spoken = user.memberships.acting().filter(role__in=SPEAKING_ROLES).values_list("organisation", flat=True)
    mine = set(spoken)
    return [party for party in parties if party.role == PartyRole.PARTNER and party.organisation_id in mine]


def can_give_experience(user: Person, party: PartnershipParty) -> bool:
    return party.answer == PartyAnswer.CONFIRMED and can_answer(user, party)


def can_edit_assessment(user: Person, assessment: Assessment) -> bool:
    return can_edit_partnership(user, assessment.partnership)


def can_review_assessment(user: Person, assessment: Assessment) -> bool:
    """A reviewer of its territory who is, and ever was, of neither side."""
    return Assessment.objects.reviewable_by(user).filter(pk=assessment.pk).exists()


def can_add_practices(user: Person) -> bool:
    return is_administrator(user) or holds_role(user, *ACTING_ROLES)


def can_keep_practices(user: Person) -> bool:
    """A practice in the library is nobody's in particular."""
    return is_administrator(user)


def can_edit_table(user: Person, table: CoordinationTable) -> bool:
    return has_role(user, table.convenor, *ACTING_ROLES)
