"""What people may do in the registry. `visible_to()` has said before what exists for them."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from orgs.models import Membership, Organisation, User, Verification

Person = User | AnonymousUser
Role = Membership.Role


def has_role(user: Person, organisation: Organisation, *roles: str) -> bool:
    return (
        user.is_authenticated and user.memberships.active().filter(organisation=organisation, role__in=roles).exists()
    )


def holds_role(user: Person, *roles: str) -> bool:
    """In any organisation."""
    return user.is_authenticated and user.memberships.active().filter(role__in=roles).exists()


def is_reviewer(user: Person) -> bool:
    return user.is_authenticated and user.reviewer_appointments.active().exists()


def can_edit_organisation(user: Person, organisation: Organisation) -> bool:
    return user.is_staff or has_role(user, organisation, Role.OWNER, Role.EDITOR, Role.MANAGER)


def can_manage_members(user: Person, organisation: Organisation) -> bool:
    return user.is_staff or has_role(user, organisation, Role.OWNER, Role.MANAGER)


def can_see_contacts(user: Person, organisation: Organisation) -> bool:
    """The private contact: its own people and the reviewers of its territory."""
    if not user.is_authenticated:
        return False
    return (
        user.is_staff
        or user.memberships.active().filter(organisation=organisation).exists()
        or user.reviewer_appointments.active()
        .filter(territory__descendant_links__descendant=organisation.territory_id)
        .exists()
    )


def can_review_verification(user: Person, verification: Verification) -> bool:
    return Verification.objects.reviewable_by(user).filter(pk=verification.pk).exists()


def leaders_of(organisation: Organisation) -> QuerySet[User]:
    """Those who can act for it, to whom its letters go."""
    leading = organisation.memberships.active().filter(role__in=[Role.OWNER, Role.MANAGER])
    return User.objects.filter(is_active=True, pk__in=leading.values("user"))


def is_reviewer_or_administrator(user: Person) -> bool:
    """Who may read the reviewers' queue; deciding is for reviewers alone."""
    return is_reviewer(user) or (user.is_authenticated and user.is_staff)
