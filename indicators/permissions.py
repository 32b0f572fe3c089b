"""What people may do with figures. `visible_to()` has said before what exists for them."""

from indicators.models import Import, Indicator, Report, ReportRequest
from orgs.models import Membership, Organisation, Territory
from orgs.permissions import Person, has_role, holds_role
from orgs.vocabulary import Sector

Role = Membership.Role
KEEPERS = (Role.STEWARD, Role.MANAGER)


def is_steward(user: Person) -> bool:
    """Keeps the figures of some authority, or runs the platform."""
    return user.is_authenticated and (user.is_staff or holds_role(user, *KEEPERS))


def can_import(user: Person) -> bool:
    return is_steward(user)


def authorities_of(user: Person) -> "list[Organisation]":
    """In whose name a person may bring figures in; administrators for any authority."""
    authorities = Organisation.objects.filter(sector=Sector.AUTHORITY, closed_on=None)
    if not user.is_authenticated:
        return []
    if not user.is_staff:
        authorities = authorities.filter(
            pk__in=user.memberships.active().filter(role__in=KEEPERS).values("organisation")
        )
    return list(authorities)


def can_decide_import(user: Person, batch: Import) -> bool:
    """Store, approve or undo it."""
    return user.is_authenticated and Import.objects.visible_to(user).filter(pk=batch.pk).exists()


def can_publish_release(user: Person) -> bool:
    return is_steward(user)


def can_retry_slice(user: Person) -> bool:
    """Has the rollup try again what it gave up on."""
    return user.is_authenticated and user.is_staff


def can_read_viewings(user: Person) -> bool:
    """Who looked at true figures, and why: for administrators and the managers of authorities."""
    return user.is_authenticated and (
        user.is_staff
        or user.memberships.active().filter(role=Role.MANAGER, organisation__sector=Sector.AUTHORITY).exists()
    )


def can_see_true_figures(user: Person, territory: Territory) -> bool:
    """Before disclosure control: those who keep the figures of an authority for this territory or one that holds it."""
    if not user.is_authenticated:
        return False
    if user.is_staff:
        return True
    return (
        user.memberships.active()
        .filter(role__in=KEEPERS, organisation__territory__descendant_links__descendant=territory)
        .exists()
    )


ANSWERING = (Role.OWNER, Role.EDITOR, Role.MANAGER, Role.STEWARD)
"""Who may write an organisation's report."""


def can_enter_figures(user: Person) -> bool:
    """Type figures in the name of an authority."""
    return bool(authorities_of(user))


def can_ask_for_reports(user: Person) -> bool:
    return bool(authorities_of(user))


def can_answer_report(user: Person, report: Report) -> bool:
    return has_role(user, report.organisation, *ANSWERING)


def can_review_report(user: Person, report: Report) -> bool:
    """Keeps the figures of the authority that asked, and belongs not to the organisation that answers."""
    if not user.is_authenticated or user.memberships.active().filter(organisation=report.organisation_id).exists():
        return False
    return user.is_staff or has_role(user, report.request.authority, *KEEPERS)


def can_withdraw_request(user: Person, request: ReportRequest) -> bool:
    return user.is_authenticated and ReportRequest.objects.visible_to(user).filter(pk=request.pk).exists()


def can_see_reports(user: Person) -> bool:
    """Belongs to an organisation that may be asked, or asks."""
    return user.is_authenticated and (user.is_staff or user.memberships.active().exists())


def can_set_targets(user: Person, territory: Territory) -> bool:
    """Those who keep the figures of the territory say where it wants to be."""
    return can_see_true_figures(user, territory)


def can_edit_indicator(user: Person, indicator: Indicator) -> bool:
    """Edit, check and retire it: stewards of the authority that owns it, or any steward where nobody does."""
    if not user.is_authenticated:
        return False
    if user.is_staff or indicator.owner is None:
        return is_steward(user)
    return has_role(user, indicator.owner, *KEEPERS)
