"""What people may do in the registry. `visible_to()` has said before what exists for them."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from orgs.models import (
    Affiliation,
    Invitation,
    JoinRequest,
    Measure,
    Membership,
    Organisation,
    ProposedChange,
    Remark,
    ReviewedProfile,
    ReviewerAppointment,
    User,
    Verification,
)
from orgs.models.reach import ids_tied_around
from orgs.models.support import VOUCHING_ROLES, belonged_to, could_vouch_for
from orgs.vocabulary import Kind

Person = User | AnonymousUser
Role = Membership.Role
KEEPERS = (Role.STEWARD, Role.MANAGER)
"""They keep the figures of their authority."""


RIGHTS_REST_ON = {
    "orgs.Organisation": (
        "kind",
        "level_of_government",
        "territory",
        "tier",
        "verified_at",
        "closed_on",
        "reference",
        "slug",
        "is_listed",
        "holds_until",
        "suspended_on",
        "withdrawn_on",
        "is_sample",
    ),
    "orgs.Listing": ("organisation", "listed_by", "listed_for", "listed_at", "claimed_at", "opted_out_at"),
    "orgs.JoinRequest": ("organisation", "user", "decided_by", "decided_at"),
    "orgs.Territory": ("scheme", "code", "kind", "parent", "valid_from", "valid_to"),
    "orgs.User": ("is_staff", "is_superuser", "is_active", "is_sample"),
    "orgs.ReviewerAppointment": ("user", "territory", "starts_at", "ends_at", "appointed_by"),
    "orgs.Membership": ("user", "organisation", "created_at"),
    "orgs.Invitation": (
        "organisation",
        "territory",
        "email",
        "invited_by",
        "starts_at",
        "ends_at",
        "created_at",
        "accepted_at",
    ),
    "orgs.OrganisationClosing": ("organisation", "closed_by", "closed_at", "reopened_by", "reopened_at"),
    "orgs.VerificationRules": (
        "contact",
        "documented",
        "established",
        "months_valid",
        "days_until_overdue",
        "months_until_look",
        "made_by",
    ),
    "orgs.Renewal": ("organisation", "renewed_by", "held_until", "holds_until"),
    "orgs.Vouching": ("group", "voucher", "state", "given_by", "given_at", "ended_by", "ended_at"),
    "orgs.Affiliation": (
        "organisation",
        "parent",
        "proposed_by",
        "accepted_by",
        "accepted_at",
        "refused_by",
        "refused_at",
        "ended_by",
        "ended_at",
    ),
    "orgs.Measure": ("organisation", "kind", "decided_by", "appealed_by", "appeal_decided_by", "lifted_by"),
}
"""From which rights follow: whose figures somebody keeps, whom somebody reviews, who runs the platform. Only administrators change these of
what is there (a reviewer sets the tier, and nothing else); each other app has a list of its own. No page, form or file of anybody else
writes them."""


def can_change_what_rights_rest_on(user: Person, organisation: Organisation) -> bool:
    """Kind and place. A CSO's own people mend theirs until somebody has verified them; of an authority, administrators alone."""
    if is_administrator(user):
        return True
    is_settled = organisation.is_authority or was_verified(organisation)
    return not is_settled and can_edit_organisation(user, organisation)


def was_verified(organisation: Organisation) -> bool:
    """Also while its tier is withdrawn: it may be given back, to the same name."""
    return bool(organisation.tier) or organisation.measures.in_force().exists()


def must_propose(user: Person, organisation: Organisation) -> bool:
    """What a reviewer has verified (`PROTECTED_FACTS`) its own people change no more by themselves."""
    return was_verified(organisation) and not is_administrator(user)


def has_role(user: Person, organisation: Organisation, *roles: str) -> bool:
    return (
        user.is_authenticated and user.memberships.acting().filter(organisation=organisation, role__in=roles).exists()
    )


def is_member(user: Person, organisation: Organisation) -> bool:
    """In whatever role, also of one that is closed: its people may go on reading what is theirs."""
    return user.is_authenticated and user.memberships.active().filter(organisation=organisation).exists()


def holds_role(user: Person, *roles: str) -> bool:
    """In any organisation."""
    return user.is_authenticated and user.memberships.acting().filter(role__in=roles).exists()


SECOND_STEPS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_second_step(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=SECOND_STEPS).exists()


def must_have_second_step(user: User) -> bool:
    """Those who review, keep figures or run the platform, in production, as long as they have none. One query."""
    if not settings.SECOND_STEP_REQUIRED:
        return False
    keeping = Membership.objects.acting().filter(user=OuterRef("pk"), role__in=KEEPERS)
    reviewing = ReviewerAppointment.objects.active().filter(user=OuterRef("pk"))
    there = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_STEPS)
    must = User.objects.filter(Q(is_staff=True) | Exists(keeping) | Exists(reviewing), pk=user.pk)
    return must.exclude(Exists(there)).exists()


def is_reviewer(user: Person) -> bool:
    return user.is_authenticated and user.reviewer_appointments.active().exists()


def is_administrator(user: Person) -> bool:
    """Runs the platform."""
    return user.is_authenticated and user.is_staff


def is_reviewer_or_administrator(user: Person) -> bool:
    """Who may read the reviewers' queue; deciding is for reviewers alone."""
    return is_reviewer(user) or is_administrator(user)


def is_steward(user: Person) -> bool:
    """Keeps the figures of some authority, or runs the platform."""
    return is_administrator(user) or holds_role(user, *KEEPERS)


def can_edit_organisation(user: Person, organisation: Organisation) -> bool:
    return user.is_staff or has_role(user, organisation, Role.OWNER, Role.EDITOR, Role.MANAGER)


def edited_by(user: Person) -> QuerySet[Organisation]:
    """Those of which somebody keeps the profile by a role of theirs, and that are not closed."""
    if not user.is_authenticated:
        return Organisation.objects.none()
    editing = Membership.objects.of(user).filter(role__in=[Role.OWNER, Role.EDITOR, Role.MANAGER])
    return Organisation.objects.filter(memberships__in=editing, closed_on=None)


def can_manage_members(user: Person, organisation: Organisation) -> bool:
    return user.is_staff or has_role(user, organisation, Role.OWNER, Role.MANAGER)


LISTING_ROLES = (Role.OFFICER, Role.MANAGER)
"""Of an authority: whoever works with organisations may list one that is not there yet."""


def can_list_organisations(user: Person) -> bool:
    return is_administrator(user) or holds_role(user, *LISTING_ROLES)


def can_invite_to_claim(user: Person, organisation: Organisation) -> bool:
    """Its own people are asked by whoever may list organisations, as long as nobody has claimed it."""
    return is_unclaimed(organisation) and can_list_organisations(user)


def is_unclaimed(organisation: Organisation) -> bool:
    """Listed by staff, and none of its own people has said a word so far."""
    listing = getattr(organisation, "listing", None) if organisation.is_listed else None
    return listing is not None and listing.is_unclaimed


def can_ask_to_join(user: Person, organisation: Organisation) -> bool:
    """Anybody, of an organisation that they can see and do not belong to; where nobody leads it, also who belongs to it. An authority invites
    its people itself."""
    return organisation.closed_on is None and not organisation.is_authority and not is_member_of_led(user, organisation)


def is_member_of_led(user: Person, organisation: Organisation) -> bool:
    return is_member(user, organisation) and leaders_of(organisation).exists()


def can_decide_join_request(user: Person, request: JoinRequest) -> bool:
    """Who leads the organisation. Where nobody does, a reviewer of its territory who never belonged to it, or an administrator."""
    if not user.is_authenticated or request.user == user:
        return False
    if leaders_of(request.organisation).exists():
        return has_role(user, request.organisation, Role.OWNER, Role.MANAGER)
    return user.is_staff or JoinRequest.objects.reviewable_by(user).filter(pk=request.pk).exists()


def can_still_invite(invitation: Invitation) -> bool:
    """Whoever sent it could send it today: a letter gives no more than its sender has."""
    sender = invitation.invited_by
    return sender is not None and sender.is_active and can_send_invitation(sender, invitation)


def can_send_invitation(user: Person, invitation: Invitation) -> bool:
    """To an organisation those who lead it; to review administrators alone."""
    if invitation.organisation is None:
        return is_administrator(user)
    return can_manage_members(user, invitation.organisation) or can_invite_to_claim(user, invitation.organisation)


def can_see_contacts(user: Person, organisation: Organisation) -> bool:
    """The private contact: its own people and the reviewers of its territory."""
    if not user.is_authenticated:
        return False
    return (
        user.is_staff
        or is_member(user, organisation)
        or user.reviewer_appointments.active().filter(territory__in=ids_tied_around(organisation.territory_id)).exists()
    )


def can_close(user: Person, organisation: Organisation) -> bool:
    """An administrator, and the owners of an organisation themselves; an authority is closed by administrators alone."""
    return is_administrator(user) or has_role(user, organisation, Role.OWNER)


def leads_organisation(user: Person, organisation: Organisation) -> bool:
    """Can bind it by their word; an administrator cannot."""
    return has_role(user, organisation, Role.OWNER, Role.MANAGER)


def can_answer_affiliation(user: Person, affiliation: Affiliation) -> bool:
    """Who leads the other side; an administrator does not."""
    return leads_organisation(user, affiliation.parent)


def can_end_affiliation(user: Person, affiliation: Affiliation) -> bool:
    """Who keeps the profile that says it, or leads the other side."""
    return can_edit_organisation(user, affiliation.organisation) or leads_organisation(user, affiliation.parent)


def can_vouch_for(user: Person, voucher: Organisation) -> bool:
    """In the name of the voucher."""
    return has_role(user, voucher, *VOUCHING_ROLES)


def can_ask_to_vouch(user: Person, group: Organisation) -> bool:
    """Who keeps an informal group asks others to vouch for it."""
    return group.kind == Kind.INFORMAL_GROUP and group.closed_on is None and can_edit_organisation(user, group)


def vouchers_for(user: Person, group: Organisation) -> QuerySet[Organisation]:
    """In whose name somebody may vouch for the group now: those whose word would count, and that do not do so already. Nobody vouches for a
    group of their own."""
    if not user.is_authenticated or group.kind != Kind.INFORMAL_GROUP or group.closed_on is not None:
        return Organisation.objects.none()
    if user.memberships.filter(organisation=group).exists():
        return Organisation.objects.none()
    led = user.memberships.acting().filter(role__in=VOUCHING_ROLES).values("organisation")
    return could_vouch_for(group).filter(pk__in=led).exclude(vouchings_given__in=group.vouchings.standing())


def can_review_verification(user: Person, verification: Verification) -> bool:
    return Verification.objects.reviewable_by(user).filter(pk=verification.pk).exists()


def can_review_change(user: Person, change: ProposedChange) -> bool:
    return ProposedChange.objects.reviewable_by(user).filter(pk=change.pk).exists()


def can_see_changes_off(user: Person, reviewed: ReviewedProfile) -> bool:
    """Says that a reviewer has seen what was changed without review."""
    return ReviewedProfile.objects.reviewable_by(user).filter(pk=reviewed.pk).exists()


def can_judge_remark(user: Person, remark: Remark) -> bool:
    """For the portal: not for those about whom it is."""
    return Remark.objects.judged_by(user).filter(pk=remark.pk).exists()


def reviews(user: Person, organisation: Organisation) -> bool:
    """Whether somebody decides about it as a reviewer: of its territory, and never of its people."""
    return user.is_authenticated and reviewers_of(organisation).filter(pk=user.pk).exists()


def can_take_measure(user: Person, organisation: Organisation) -> bool:
    """Of an authority administrators alone, as with all that its rights rest on. Whoever took the last measure and was overruled on its appeal
    does not take the next one: else no appeal would end anything. Another reviewer does, or an administrator where there is none.
    """
    if is_administrator(user) if organisation.is_authority else reviews(user, organisation):
        return user.pk != overruled_on(organisation)
    if organisation.is_authority or not is_administrator(user):
        return False
    overruled = overruled_on(organisation)
    is_own = Organisation.objects.own_of(user).filter(pk=organisation.pk).exists()
    return overruled is not None and not is_own and not reviewers_of(organisation).exclude(pk=overruled).exists()


def overruled_on(organisation: Organisation) -> int | None:
    """Who took the last measure against it, where that was lifted on its appeal."""
    last = organisation.measures.first()
    is_overruled = last is not None and organisation.measures.overruled().filter(pk=last.pk).exists()
    return last.decided_by_id if last is not None and is_overruled else None


def can_appeal(user: Person, measure: Measure) -> bool:
    return has_role(user, measure.organisation, Role.OWNER, Role.MANAGER)


def can_decide_appeal(user: Person, measure: Measure) -> bool:
    return user.is_authenticated and judges_of(measure).filter(pk=user.pk).exists()


def judges_of(measure: Measure) -> QuerySet[User]:
    """Neither who decided the measure nor anybody of the organisation: the other reviewers, or administrators where there is none. Where nobody
    is left, administrators have to appoint somebody (`MeasureQuerySet.without_judge`)."""
    return reviewers_or_administrators(measure.organisation, but=measure.decided_by_id)


def can_lift_measure(user: Person, measure: Measure) -> bool:
    """Who could take it; and an administrator who took it where no reviewer could."""
    took_it = is_administrator(user) and user.pk == measure.decided_by_id
    return took_it or can_take_measure(user, measure.organisation)


def reviewers_of(organisation: Organisation) -> QuerySet[User]:
    """Those who may decide about it: appointed for its place or one that holds it, and never of its people."""
    appointed = ReviewerAppointment.objects.acting().filter(territory__in=ids_tied_around(organisation.territory_id))
    own = belonged_to(organisation).values("user")
    return User.objects.filter(pk__in=appointed.values("user")).exclude(pk__in=own)


def reviewers_or_administrators(organisation: Organisation, *, but: int = 0) -> QuerySet[User]:
    """Who is told of what reviewers decide about it: they, or administrators where there is none. Never its own people, nor `but` one."""
    others = reviewers_of(organisation).exclude(pk=but)
    if others.exists():
        return others
    running = User.objects.filter(is_staff=True, is_active=True).exclude(pk=but)
    return running.exclude(pk__in=belonged_to(organisation).values("user"))


def leaders_of(organisation: Organisation) -> QuerySet[User]:
    """Those who can act for it, to whom its letters go."""
    return User.objects.filter(pk__in=organisation.memberships.leading().values("user"))
