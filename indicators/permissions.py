"""What people may do with figures. `visible_to()` has said before what exists for them."""

from enum import StrEnum

from django.db.models import QuerySet

from indicators.models import ImportBatch, Indicator, ProtectionChange, Release, Report, ReportRequest
from orgs.models import Membership, Organisation, Territory, TerritoryClosure
from orgs.models.reach import places_of_figures
from orgs.permissions import KEEPERS, Person, has_role, is_administrator, is_steward
from orgs.vocabulary import Sector

Role = Membership.Role


def can_import(user: Person) -> bool:
    return is_steward(user)


def authorities_of(user: Person) -> "list[Organisation]":
    """In whose name a person may bring figures in; administrators for any authority."""
    authorities = Organisation.objects.filter(sector=Sector.AUTHORITY, closed_on=None)
    if not user.is_authenticated:
        return []
    if not user.is_staff:
        authorities = authorities.filter(
            pk__in=user.memberships.acting().filter(role__in=KEEPERS).values("organisation")
        )
    return list(authorities)


def keeps_figures_of(user: Person, authority: Organisation) -> bool:
    """Brings in, asks for and decides on figures in its name."""
    return user.is_authenticated and (user.is_staff or has_role(user, authority, *KEEPERS))


def can_decide_import(user: Person, batch: ImportBatch) -> bool:
    """Store, approve or undo it, and accept what looks odd in it. What an own organisation reported, somebody else decides on."""
    if not user.is_authenticated:
        return False
    own = Report.objects.filter(organisation__in=Organisation.objects.own_of(user))
    return ImportBatch.objects.visible_to(user).filter(pk=batch.pk).exclude(reports__in=own).exists()


def can_publish_release(user: Person) -> bool:
    """Begin one, and look at the one that is being prepared."""
    return is_steward(user)


def territories_kept_by(user: Person) -> QuerySet[Territory]:
    """Those whose figures a person keeps as a steward or manager: of the authorities' places, all that lies in them."""
    if not user.is_authenticated:
        return Territory.objects.none()
    keeping = user.memberships.acting().filter(role__in=KEEPERS, organisation__sector=Sector.AUTHORITY)
    return places_of_figures(keeping.values("organisation__territory"))


def can_approve_release(user: Person, release: Release) -> bool:
    """Publish it, as the second person: whoever runs the platform, or keeps the figures of every place in which something changes.

    Of the places above those, what is added up from them may change with them, but nothing that a source reported.
    """
    if not user.is_authenticated or release.created_by_id == user.pk:
        return False
    if user.is_staff:
        return True
    reach = release.changes.get("reach")
    if reach is None:  # It was made before releases kept this.
        return False
    kept = territories_kept_by(user)
    above = TerritoryClosure.objects.filter(descendant__in=kept.values("pk")).values("ancestor")
    foreign = Territory.objects.exclude(pk__in=kept.values("pk"))
    is_foreign = foreign.filter(pk__in=reach["reported"]) | foreign.exclude(pk__in=above).filter(
        pk__in=reach["computed"]
    )
    return is_steward(user) and not is_foreign.exists()


def can_discard_release(user: Person, release: Release) -> bool:
    """Before it is out: who made it, or might publish it."""
    is_own = user.is_authenticated and release.created_by_id == user.pk and is_steward(user)
    return is_own or can_approve_release(user, release)


def can_recall_release(user: Person, release: Release) -> bool:
    """Whoever runs the platform, or keeps the figures of some place that is in it: one is enough, since it protects people."""
    if not user.is_authenticated or release.state != Release.State.PUBLISHED:
        return False
    return user.is_staff or release.figures.filter(territory__in=territories_kept_by(user).values("pk")).exists()


def can_retry_slice(user: Person) -> bool:
    """Has the rollup try again what it gave up on."""
    return is_administrator(user)


def can_read_viewings(user: Person) -> bool:
    """Who looked at confidential figures, and why: for administrators and the managers of authorities."""
    return user.is_authenticated and (
        user.is_staff
        or user.memberships.acting().filter(role=Role.MANAGER, organisation__sector=Sector.AUTHORITY).exists()
    )


def can_see_confidential_figures(user: Person, territory: Territory) -> bool:
    """Before disclosure control: those who keep the figures of an authority for this territory or one that holds it."""
    if not user.is_authenticated:
        return False
    if user.is_staff:
        return True
    return territories_kept_by(user).filter(pk=territory.pk).exists()


def can_see_confidential_figures_of(user: Person, batch: ImportBatch) -> bool:
    """Of what an import says: those who keep the figures of the authority that brought it in, or asked for it."""
    return user.is_authenticated and ImportBatch.objects.visible_to(user).filter(pk=batch.pk).exists()


class TrueRight(StrEnum):
    """By what right a figure as it was reported, before disclosure control, may stand on a page."""

    OWN = "whoever typed it or brought it in reads it back"
    OWN_ORGANISATION = "those who answer for the organisation that reported it"
    REASON = "those who keep the figures of the place, after giving a reason, and each look is written down"


CONFIDENTIAL_FIGURES_STAND = {
    "indicators:figure_detail": {TrueRight.REASON},
    "indicators:indicator_detail": {TrueRight.REASON},
    "indicators:entry": {TrueRight.OWN, TrueRight.REASON},
    "indicators:import_detail": {TrueRight.OWN, TrueRight.REASON},
    "indicators:import_map": {TrueRight.OWN, TrueRight.REASON},
    "indicators:import_messages": {TrueRight.OWN, TrueRight.REASON},
    "indicators:refused_rows": {TrueRight.OWN, TrueRight.REASON},
    "indicators:report_detail": {TrueRight.OWN_ORGANISATION, TrueRight.REASON},
    "indicators:report_answer": {TrueRight.OWN_ORGANISATION},
    "indicators:report_workbook": {TrueRight.OWN_ORGANISATION},
}
"""Every address at which a confidential figure can stand, and by which rights. Anywhere else, and without the right, figures are released ones."""

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
    """Keeps the figures of the authority that asked, and never belonged to the organisation that answers."""
    if not user.is_authenticated or Organisation.objects.own_of(user).filter(pk=report.organisation_id).exists():
        return False
    return user.is_staff or has_role(user, report.request.authority, *KEEPERS)


def can_withdraw_request(user: Person, request: ReportRequest) -> bool:
    return user.is_authenticated and ReportRequest.objects.visible_to(user).filter(pk=request.pk).exists()


def can_see_reports(user: Person) -> bool:
    """Belongs to an organisation that may be asked, or asks."""
    return user.is_authenticated and (user.is_staff or user.memberships.active().exists())


def can_set_targets(user: Person, territory: Territory) -> bool:
    """Those who keep the figures of the territory say where it wants to be."""
    return can_see_confidential_figures(user, territory)


def can_edit_indicator(user: Person, indicator: Indicator) -> bool:
    """Edit, check and retire it: who keeps the figures of the authority that owns it; where none does, it is the platform's."""
    if not user.is_authenticated:
        return False
    return user.is_staff or (indicator.owner is not None and has_role(user, indicator.owner, *KEEPERS))


def can_agree_to_protection(user: Person, change: ProtectionChange) -> bool:
    """As the second person: an administrator, or a manager of the authority that owns the indicator, where it counts her own people alone."""
    if not user.is_authenticated or change.asked_by_id == user.pk:
        return False
    indicator = change.indicator
    if user.is_staff:
        return True
    if indicator.owner is None or not has_role(user, indicator.owner, Role.MANAGER):
        return False
    own = places_of_figures(indicator.owner.territory)
    return not indicator.observations.exclude(territory__in=own.values("pk")).exists()


RIGHTS_REST_ON = {
    "indicators.ImportBatch": ("authority", "created_by", "asked_by", "decided_by"),
    "indicators.Indicator": ("code", "owner", "checked_by"),
    "indicators.ReportRequest": ("authority", "territory", "created_by"),
    "indicators.Report": ("request", "organisation", "batch"),
    "indicators.Release": ("created_by", "decided_by", "recalled_by", "follows"),
    "indicators.ConfidentialAccess": ("user", "territory", "indicator", "opened_at", "expires_at"),
}
"""As in `orgs.permissions`: no page changes these of what is there."""
