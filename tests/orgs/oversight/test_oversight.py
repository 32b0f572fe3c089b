"""All organisations, whatever their state: found, put right, closed and reopened by administrators."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from post_office.models import Email

from orgs.members import actions as members
from orgs.models import Organisation, OrganisationClosing, Verification
from orgs.oversight import actions as oversight
from orgs.verification import actions as verification_actions
from orgs.verification.checklist import Answer
from tests.factories import (
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    ServiceFactory,
    TerritoryFactory,
    UserFactory,
    VerificationFactory,
)
from tests.factories_partnerships import CoordinationTableFactory, PartnershipFactory, current_scale
from tests.pages import words_of

pytestmark = pytest.mark.django_db
LIST = reverse("orgs:registry_list")


@pytest.fixture
def administrator(client):
    user = UserFactory(is_staff=True, name="Ada Admin")
    client.force_login(user)
    return user


def page(name, organisation):
    return reverse(name, args=[organisation.slug])


def names(client, **asked):
    return {found.name for found in client.get(LIST, asked).context["page_obj"]}


def test_registry_has_all_and_finds_by_state_kind_place_and_age(client, administrator, city, raval):
    def verified(name, holds_until):
        organisation = OrganisationFactory(name=name, published=True, territory=raval, holds_until=holds_until)
        VerificationFactory(
            organisation=organisation, state="verified", tier="contact", reviewer=administrator,
            decided_at=timezone.now(), holds_until=holds_until,
        )  # fmt: skip
        return organisation

    today = timezone.localdate()
    verified("Fresh", today)
    verified("Run out", today - timedelta(days=1))
    VerificationFactory(organisation__name="To review", organisation__territory=city)
    OrganisationFactory(name="Alone", kind="network")
    closed = OrganisationFactory(name="Closed", published=True, closed_on="2024-01-01")
    AuthorityFactory(name="Hall")
    everything = {"Fresh", "Run out", "To review", "Alone", "Closed", "Hall"}
    assert names(client) == everything
    states = {
        "verified": {"Fresh", "Run out", "Hall"},
        "run_out": {"Run out"},
        "to_review": {"To review"},
        "unverified": {"To review", "Alone"},
        "closed": {"Closed"},
    }
    assert {state: names(client, state=state) for state in states} == states
    assert names(client, kind="network") == {"Alone"}
    assert names(client, territory="Barcelona") == {"Fresh", "Run out", "To review"}
    assert names(client, q="CLÓSED") == {"Closed"}
    assert names(client, q=closed.reference.lower()) == {"Closed"}
    Organisation.objects.filter(name="Alone").update(updated_at=timezone.now() - timedelta(days=400))
    assert names(client, changed="365") == {"Alone"}
    assert names(client, changed="730") == set()
    assert "There is a problem" in client.get(LIST, {"state": "nonsense"}).content.decode()


def test_registry_costs_the_same_for_many(client, administrator, django_assert_max_num_queries):
    VerificationFactory()
    client.get(LIST)
    with django_assert_max_num_queries(40) as one:
        client.get(LIST)
    for _number in range(10):
        VerificationFactory(organisation__territory=TerritoryFactory(parent=TerritoryFactory()))
    with django_assert_max_num_queries(len(one)):
        client.get(LIST)


def test_verification_holds_for_what_the_rules_say(client, administrator, city):
    """Until the same day of a later month, by the rules of the day of the decision."""
    reviewer = ReviewerFactory(territory=city)
    verification_actions.set_verification_rules(
        criteria={"contact": ["reachable"], "documented": ["documented"], "established": ["accounts"]},
        months_valid=24, days_until_overdue=14, by=administrator,
    )  # fmt: skip
    verification = VerificationFactory(organisation__territory=city)
    decided = verification_actions.decide_verification(
        verification=verification, outcome="verified", answers={"reachable": Answer(True)}, by=reviewer
    )
    assert decided.holds_until.year == timezone.localdate().year + 2
    assert decided.rules.months_valid == 24
    said = f"It holds until {date_format(decided.holds_until, 'DATE_FORMAT')}."
    organisation = verification.organisation
    assert said in client.get(page("organisation_manage", organisation)).content.decode()
    client.force_login(MembershipFactory(organisation=organisation).user)
    assert said in client.get(organisation.get_absolute_url()).content.decode()
    client.logout()
    assert said not in client.get(organisation.get_absolute_url()).content.decode(), "that is for its own people"


def test_kind_and_place_are_changed_with_what_follows(client, administrator, city, raval):
    hall = AuthorityFactory(territory=raval, name="Hall")
    for role in ("manager", "steward", "officer"):
        MembershipFactory(organisation=hall, role=role)
    ReviewerFactory(territory=city)
    words = words_of(client.get(page("orgs:kind_edit", hall)).content.decode())
    assert "2 people keep the figures of el Raval" in words
    assert "1 reviewer is appointed for el Raval" in words
    typed = {"kind": "authority", "level_of_government": "regional", "territory": "Barcelona", "version": "1"}
    answer = client.post(page("orgs:kind_edit", hall), typed)
    assert answer.headers["Location"] == page("organisation_manage", hall)
    hall.refresh_from_db()
    assert (hall.level_of_government, hall.territory, hall.tier) == ("regional", city, "contact")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"kind": "association", "level_of_government": ""},
            "does not become an authority, nor an authority something",
        ),
        ({"level_of_government": ""}, "An authority has a level of government"),
        ({"territory": "Atlantis"}, "is not in the list"),
        ({"version": "0"}, "Somebody else saved this"),
    ],
)
def test_wrong_kind_is_refused_in_words_and_nothing_changes(client, administrator, city, wrong, said):
    hall = AuthorityFactory(territory=city)
    MembershipFactory(organisation=hall, role="manager")
    typed = {"kind": "authority", "level_of_government": "local", "territory": "Barcelona", "version": "1"}
    assert said in client.post(page("orgs:kind_edit", hall), typed | wrong).content.decode()
    after = Organisation.objects.get()
    assert (after.kind, after.level_of_government, after.version) == ("authority", "local", 1)


def test_closing_warns_where_it_is_used_and_says_why(client, administrator, city):
    current_scale()
    association = OrganisationFactory(published=True, territory=city, name="Association")
    owner = MembershipFactory(organisation=association)
    hall = AuthorityFactory(territory=city)
    PartnershipFactory(territory=city, authority=hall, partners=[association])
    CoordinationTableFactory(territory=city, convenor=association)
    VerificationFactory(organisation=association)
    members.invite_member(organisation=association, email="a@person.example", role="viewer", by=owner.user)
    body = words_of(client.get(page("organisation_close", association)).content.decode())
    for use in ("party to 1 running partnership", "convenes 1 coordination table", "with the reviewers"):
        assert use in body
    assert (
        "This field is required"
        in client.post(page("organisation_close", association), {"reason": " "}).content.decode()
    )
    assert Organisation.objects.published().filter(pk=association.pk).exists()

    client.post(page("organisation_close", association), {"reason": "Dissolved & gone."})
    assert not Organisation.objects.published().filter(pk=association.pk).exists()
    assert not Verification.objects.waiting().exists()
    assert not association.invitations.open().exists()
    closing = OrganisationClosing.objects.get()
    assert (closing.reason, closing.closed_by, closing.reopened_at) == ("Dissolved & gone.", administrator, None)
    assert "Dissolved & gone." in Email.objects.get(to=owner.user.email).message
    assert "Dissolved &amp; gone." in client.get(page("organisation_manage", association)).content.decode()
    with pytest.raises(ValidationError, match="already closed"):
        oversight.close_organisation(organisation=association, reason="Again.", by=administrator)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganisationClosing.objects.create(organisation=association, reason="Again.", closed_by=administrator)


def test_reopening_brings_back_what_was(client, administrator, city):
    association = OrganisationFactory(published=True, territory=city)
    waiting = VerificationFactory(organisation=association)
    oversight.close_organisation(organisation=association, reason="A mistake.", by=administrator)
    reviewer = ReviewerFactory(territory=city)
    with pytest.raises(ValidationError, match="closed organisation is not reviewed"):
        verification_actions.decide_verification(
            verification=waiting, outcome="verified",
            answers={code: Answer(True) for code in ("reachable", "purpose", "territory")}, by=reviewer,
        )  # fmt: skip
    invite = client.post(page("orgs:leader_invite", association), {"email": "a@person.example", "language": "en"})
    assert "Nobody can be invited to a closed organisation" in invite.content.decode()
    assert client.post(page("organisation_reopen", association), {"reason": ""}).status_code == 200
    client.post(page("organisation_reopen", association), {"reason": "It goes on."})
    assert Organisation.objects.published().get() == association
    assert Verification.objects.waiting().get() == waiting
    closing = OrganisationClosing.objects.get()
    assert (closing.reopened_by, closing.reopening_reason) == (administrator, "It goes on.")
    with pytest.raises(ValidationError, match="is open"):
        oversight.reopen_organisation(organisation=association, reason="Again.", by=administrator)
    oversight.close_organisation(organisation=association, reason="This time it is true.", by=administrator)
    assert association.closings.count() == 2


def test_organisation_that_nothing_uses_says_so(client, administrator):
    organisation = OrganisationFactory()
    assert "It is still used" not in client.get(page("organisation_close", organisation)).content.decode()
    assert "refers to it" in client.get(page("organisation_manage", organisation)).content.decode()


def test_nobody_else_closes_or_reopens():
    owner = MembershipFactory(organisation__published=True, role="editor")
    for act in (oversight.close_organisation, oversight.reopen_organisation):
        with pytest.raises(PermissionDenied):
            act(organisation=owner.organisation, reason="Mine.", by=owner.user)
    assert not OrganisationClosing.objects.exists()


def test_owner_closes_the_own_organisation_and_everybody_of_it_hears(client, city):
    association = OrganisationFactory(published=True, territory=city, name="Ours")
    owner = MembershipFactory(organisation=association)
    viewer, left = (MembershipFactory(organisation=association, role="viewer") for _person in range(2))
    members.end_membership(membership=left, by=owner.user)
    reviewer = ReviewerFactory(territory=city)
    PartnershipFactory(authority=AuthorityFactory(territory=city), partners=[association], territory=city)
    ServiceFactory(organisation=association)
    Email.objects.all().delete()
    client.force_login(owner.user)
    assert "Close the organisation" in client.get(association.get_absolute_url()).content.decode()
    url = page("organisation_close_own", association)
    body = words_of(client.get(url).content.decode())
    for warning in ("party to 1 running partnership", "1 other person belongs to it", "1 service leaves"):
        assert warning in body
    day = timezone.localdate() - timedelta(days=3)
    client.post(url, {"reason": "We have dissolved.", "on": day.isoformat()})
    client.post(url, {"reason": "", "on": day.isoformat(), "is_sure": "on"})
    tomorrow = timezone.localdate() + timedelta(days=1)
    client.post(url, {"reason": "We have dissolved.", "on": tomorrow.isoformat(), "is_sure": "on"})
    assert not OrganisationClosing.objects.exists()
    assert client.post(url, {"reason": "We have dissolved.", "on": day.isoformat(), "is_sure": "on"}).status_code == 302
    association.refresh_from_db()
    assert association.closed_on == day
    told = {email.to[0]: email.message for email in Email.objects.all()}
    assert set(told) == {owner.user.email, viewer.user.email, reviewer.email}
    assert all("We have dissolved." in message and owner.user.name in message for message in told.values())
    assert client.get(url).status_code == 403, "it is closed already"
    with pytest.raises(PermissionDenied):
        oversight.reopen_organisation(organisation=association, reason="Again.", by=owner.user)


@pytest.mark.parametrize("role", ["editor", "viewer"])
def test_nobody_but_an_owner_closes_the_own_organisation(city, role):
    association = OrganisationFactory(published=True, territory=city)
    with pytest.raises(PermissionDenied):
        oversight.close_organisation(
            organisation=association, reason="No.", by=MembershipFactory(organisation=association, role=role).user
        )
    authority = AuthorityFactory(territory=city)
    with pytest.raises(PermissionDenied):
        oversight.close_organisation(
            organisation=authority, reason="No.", by=MembershipFactory(organisation=authority, role="manager").user
        )
