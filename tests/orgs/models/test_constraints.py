"""Every rule of the registry that the database itself holds."""

import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from orgs.models import (
    Capacity,
    Invitation,
    Membership,
    Organisation,
    Registration,
    ReviewerAppointment,
    Territory,
    TerritoryClosure,
    TerritorySuccession,
    User,
    Verification,
    VerificationAnswer,
)
from tests.factories import (
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerAppointmentFactory,
    TerritoryFactory,
    UserFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
YESTERDAY = NOW - datetime.timedelta(days=1)


def refuse(constraint, break_it):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        break_it()
    assert constraint in str(refusal.value)


def test_organisation_rules():
    organisation = OrganisationFactory()
    mine = Organisation.objects.filter(pk=organisation.pk)
    refuse("organisation_level_of_authority", lambda: mine.update(level_of_government="local"))
    refuse("organisation_level_of_authority", lambda: AuthorityFactory(level_of_government=""))
    refuse("organisation_tier_is_dated", lambda: mine.update(tier="contact"))
    refuse("organisation_tier_is_dated", lambda: mine.update(verified_at=NOW))
    refuse("slug", lambda: OrganisationFactory(slug=organisation.slug))
    refuse("reference", lambda: OrganisationFactory(reference=organisation.reference))


def test_capacity_is_said_once():
    organisation = OrganisationFactory()
    Capacity.objects.create(organisation=organisation, side="need", kind="space")
    refuse("capacity_once", lambda: Capacity.objects.create(organisation=organisation, side="need", kind="space"))


def test_account_rules():
    UserFactory(email="one@example.org")
    refuse("user_email_lower", lambda: User.objects.create(email="One@example.org"))
    refuse("email", lambda: User.objects.create(email="one@example.org"))


def test_membership_rules():
    membership = MembershipFactory()
    same = {"user": membership.user, "organisation": membership.organisation, "role": membership.role}
    refuse("membership_once", lambda: Membership.objects.create(**same))
    Membership.objects.create(**same, created_at=YESTERDAY, ended_at=NOW)
    refuse("membership_ends_after_start", lambda: Membership.objects.create(**same, ended_at=YESTERDAY))


def test_reviewer_rules():
    appointment = ReviewerAppointmentFactory()
    same = {"user": appointment.user, "territory": appointment.territory}
    refuse("reviewer_appointed_once", lambda: ReviewerAppointment.objects.create(**same))
    refuse("reviewer_ends_after_start", lambda: ReviewerAppointment.objects.create(**same, ends_at=YESTERDAY))


def test_invitation_rules():
    same = {"organisation": OrganisationFactory(), "email": "one@example.org", "role": "viewer"}
    Invitation.objects.create(**same)
    refuse("invitation_once", lambda: Invitation.objects.create(**same))
    refuse("invitation_email_lower", lambda: Invitation.objects.create(**same | {"email": "Two@example.org"}))
    refuse("invitation_one_end", lambda: Invitation.objects.create(**same, accepted_at=NOW, withdrawn_at=NOW))


def test_registration_rules():
    Registration.objects.create(reference="ORG-AAAAAA")
    refuse("registration_reference", lambda: Registration.objects.create(reference="ORG-AAAAAA"))
    refuse("registration_sent_before_confirmed", lambda: Registration.objects.create(confirmed_at=NOW))
    refuse("registration_sent_has_reference", lambda: Registration.objects.create(sent_at=NOW))


def test_verification_rules():
    verification = VerificationFactory()
    organisation, reviewer = verification.organisation, UserFactory()
    refuse("verification_one_waiting", lambda: VerificationFactory(organisation=organisation))
    mine = Verification.objects.filter(pk=verification.pk)
    decided = {"decided_at": NOW, "reviewer": reviewer}
    refuse("verification_decision_is_signed", lambda: mine.update(state="verified", tier="contact"))
    refuse("verification_tier_when_verified", lambda: mine.update(state="verified", **decided))
    refuse("verification_tier_when_verified", lambda: mine.update(tier="contact"))
    refuse("verification_return_has_reasons", lambda: mine.update(state="returned", **decided))
    answer = {"verification": verification, "question": "purpose", "is_met": True}
    VerificationAnswer.objects.create(**answer)
    refuse("verification_answer_once", lambda: VerificationAnswer.objects.create(**answer))


def test_territory_rules():
    place = TerritoryFactory()
    mine = Territory.objects.filter(pk=place.pk)
    refuse("territory_code_once_at_a_time", lambda: TerritoryFactory(code=place.code, valid_from=NOW.date()))
    refuse(
        "territory_valid_in_order",
        lambda: mine.update(valid_from=datetime.date(2020, 1, 1), valid_to=datetime.date(2019, 1, 1)),
    )
    refuse("territory_not_own_parent", lambda: mine.update(parent=place))
    refuse("closure_pair", lambda: TerritoryClosure.objects.create(ancestor=place, descendant=place, depth=0, valid_from=NOW.date(), valid_to=NOW.date()))  # fmt: skip


def test_succession_rules():
    old, new = TerritoryFactory(), TerritoryFactory()
    TerritorySuccession.objects.create(predecessor=old, successor=new)
    refuse("succession_once", lambda: TerritorySuccession.objects.create(predecessor=old, successor=new))
    refuse("succession_to_another", lambda: TerritorySuccession.objects.create(predecessor=old, successor=old))
    refuse("succession_share_in_range", lambda: TerritorySuccession.objects.create(predecessor=new, successor=old, share=Decimal(0)))  # fmt: skip


def test_broken_rule_is_told_in_words():
    """What a person can mend comes with a message, not with an error page."""
    with pytest.raises(ValidationError) as refusal:
        OrganisationFactory.build(territory=TerritoryFactory(), level_of_government="local").full_clean()
    assert "An authority has a level of government" in str(refusal.value)
