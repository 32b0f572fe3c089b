from collections.abc import Collection, Iterable, Mapping
from typing import Unpack

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.affiliations.actions import Said, say_affiliations
from orgs.ladders import standing
from orgs.models import (
    AUTHORITY_ROLES,
    CSO_ROLES,
    PROTECTED_FACTS,
    Domain,
    FieldOfWork,
    Organisation,
    OrganisationContact,
    Registration,
    Territory,
    User,
    Verification,
    VerificationAnswer,
    VerificationRules,
)
from orgs.models.contact import digest_of
from orgs.models.proposal import CONTACT, plain
from orgs.models.refusals import broken_rule
from orgs.naming import new_reference, new_references, slugs_for
from orgs.permissions import RIGHTS_REST_ON, can_change_what_rights_rest_on, must_propose, was_verified
from orgs.profile import Profile
from orgs.verification import proposals
from orgs.verification.actions import under
from orgs.verification.checklist import ladder_of
from orgs.verification.profiles import profile_of
from orgs.verification.unreviewed import note_seen

ATTEMPTS = 500
FieldsOfWork = Mapping[Domain, int | None]
"""The domains in which it works, and since which year, where it says so."""


@transaction.atomic
def admit_organisation(
    *,
    works_in: Iterable[Territory] = (),
    fields_of_work: FieldsOfWork | None = None,
    met: Collection[str] = ("reachable", "purpose", "territory"),
    reasons: str = "",
    by: User,
    **profile: Unpack[Profile],
) -> Organisation:
    """An administrator enters an authority, an employer, …: what it `met` of the checklist decides its tier at once, and `reasons` say how
    that is known.
    """
    if not by.is_staff:
        raise PermissionDenied
    rules = VerificationRules.objects.current()
    tier = standing(ladder_of(rules), met).level
    if tier is None:
        raise ValidationError(
            {"met": _("An organisation is admitted only if the questions of the first tier are answered with yes.")}
        )
    organisation = store_new(Organisation(**profile))
    organisation.works_in.set(works_in)
    set_fields_of_work(organisation, fields_of_work or {})
    now = timezone.now()
    version, holds_until = under(rules)
    Organisation.objects.filter(pk=organisation.pk).update(tier=tier, verified_at=now, holds_until=holds_until)
    verification = Verification.objects.create(
        organisation=organisation,
        state=Verification.State.VERIFIED,
        tier=tier,
        reviewer=by,
        reasons=reasons,
        rules=version,
        holds_until=holds_until,
        decided_at=now,
        profile=profile_of(organisation),
    )
    VerificationAnswer.objects.bulk_create(
        VerificationAnswer(verification=verification, question=question, is_met=True) for question in met
    )
    organisation.refresh_from_db()
    note_seen(organisation, verification.profile, by)
    return organisation


@transaction.atomic
def update_organisation(
    *,
    organisation: Organisation,
    works_in: Iterable[Territory] | None = None,
    fields_of_work: FieldsOfWork | None = None,
    affiliations: Said | None = None,
    by: User,
    **changes: Unpack[Profile],
) -> Organisation:
    """Changes what an organisation says of itself, and nothing else of it: verification and address stay, and so does what rights rest
    on, but for an administrator. Of a verified one, what others know it by becomes a proposed change."""
    current = Organisation.objects.select_for_update().get(pk=organisation.pk)
    for name, value in changes.items():
        setattr(organisation, name, value)
    if not can_change_what_rights_rest_on(by, current):
        keep_what_rights_rest_on(organisation, current, changes)
    if current.is_authority != organisation.is_authority:
        refuse_roles_that_do_not_fit(organisation)
    if organisation.address_is_public and organisation.has_shelter:
        raise ValidationError({"address_is_public": _("The address of a shelter is never shown.")})
    organisation.version = max(organisation.version, current.version + 1)
    organisation.full_clean(exclude=["slug", "reference"])
    if must_propose(by, current):
        wanted = {fact: plain(organisation, fact) for fact in PROTECTED_FACTS if fact in changes}
        proposals.propose_change(organisation=current, wanted=wanted, by=by)
        for fact in PROTECTED_FACTS:
            setattr(organisation, fact, getattr(current, fact))
    organisation.save(update_fields=[*Profile.__annotations__, "version", "updated_at"])
    if works_in is not None:
        organisation.works_in.set(works_in)
    if fields_of_work is not None:
        set_fields_of_work(organisation, fields_of_work)
    if affiliations is not None:
        say_affiliations(organisation=organisation, said=affiliations, by=by)
    organisation.refresh_from_db()
    return organisation


def keep_what_rights_rest_on(organisation: Organisation, current: Organisation, changes: Collection[str]) -> None:
    """Refuses who asks for another kind or place; what was read before somebody changed it does not undo that. The people of a verified
    organisation propose it, but nobody becomes an authority by a proposal, nor does an authority become something else."""
    is_about_authority = organisation.is_authority or current.is_authority
    proposable = {"kind", "territory"} if was_verified(current) and not is_about_authority else set()
    for name in RIGHTS_REST_ON["orgs.Organisation"]:
        if name in proposable & set(changes):
            continue
        if name in changes and getattr(organisation, name) != getattr(current, name):
            raise PermissionDenied
        if name in Profile.__annotations__:
            setattr(organisation, name, getattr(current, name))


@transaction.atomic
def set_contact(
    *, organisation: Organisation, name: str, role: str = "", email: str, phone: str = "", by: User
) -> OrganisationContact:
    """The one private contact, in place of any before it. Who is to stand behind a verified organisation in place of somebody is proposed:
    the one before stays until a reviewer accepts. Nothing else waits for that: its owners act for it, and hand it over, as they like.
    """
    contact = OrganisationContact(organisation=organisation, name=name, role=role, email=email, phone=phone)
    contact.full_clean()
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    standing_ones = organisation.contacts.standing()
    contact.is_proposed = must_propose(by, organisation) and standing_ones.exists()
    replaced = organisation.contacts.proposed() if contact.is_proposed else organisation.contacts.all()
    replaced.delete()
    contact.save()
    if was_verified(organisation):
        wanted = digest_of([contact]) if contact.is_proposed else digest_of(standing_ones)
        proposals.propose_change(organisation=organisation, wanted={CONTACT: wanted}, by=by)
    return contact


def set_fields_of_work(organisation: Organisation, fields: FieldsOfWork) -> None:
    organisation.fields_of_work.exclude(domain__in=list(fields)).delete()
    FieldOfWork.objects.bulk_create(
        [FieldOfWork(organisation=organisation, domain=domain, since_year=year) for domain, year in fields.items()],
        update_conflicts=True,
        unique_fields=["organisation", "domain"],
        update_fields=["since_year"],
    )


def store_new(organisation: Organisation) -> Organisation:
    """Stores it under a reference and an address of its own; whoever else takes them at the same moment, it gets the next."""
    with transaction.atomic():
        organisation.reference = organisation.reference or new_organisation_reference()
        organisation.full_clean(exclude=["slug"])
        for attempt, slug in enumerate(slugs_for(organisation.name, organisation.reference)):
            if Organisation.objects.filter(slug=slug).exists():
                continue
            organisation.slug = slug
            try:
                with transaction.atomic():
                    organisation.save(force_insert=True)
            except IntegrityError as clash:
                if attempt > ATTEMPTS or not is_about(clash, "slug"):
                    raise
            else:
                break
    return organisation


def store_several(made: list[Organisation]) -> None:
    """As `store_new`, in a few queries however many they are. Whoever calls has looked at every fact of them."""
    for one, reference in zip(made, new_references("ORG", len(made), Organisation, Registration), strict=True):
        one.reference = reference
    tried: set[str] = set()
    waiting = [(one, slugs_for(one.name, one.reference)) for one in made]
    for _attempt in range(ATTEMPTS):
        for one, slugs in waiting:
            one.slug = next(slug for slug in slugs if slug not in tried)
            tried.add(one.slug)
        slugs_wanted = [one.slug for one, _slugs in waiting]
        taken = set(Organisation.objects.filter(slug__in=slugs_wanted).values_list("slug", flat=True))
        waiting = [(one, slugs) for one, slugs in waiting if one.slug in taken]
        if not waiting:
            break
    Organisation.objects.bulk_create(made)


def new_organisation_reference() -> str:
    """A registration on its way already bears the one of its organisation."""
    return new_reference("ORG", Organisation, Registration)


def is_about(clash: IntegrityError, column: str) -> bool:
    """Whether it was the uniqueness of `column` that the database defended."""
    return column in broken_rule(clash)


def refuse_roles_that_do_not_fit(organisation: Organisation) -> None:
    allowed = AUTHORITY_ROLES if organisation.is_authority else CSO_ROLES
    if organisation.memberships.active().exclude(role__in=allowed).exists():
        raise ValidationError(
            {"kind": _("An organisation with members does not become an authority, nor an authority something else.")}
        )
