"""Organisations vouch for informal groups, and larger ones sponsor small ones."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.models import Organisation, OrganisationMerge, Sponsorship, Vouching, are_enough
from orgs.oversight import merging
from orgs.permissions import vouchers_for
from orgs.standing.renewals import look_due_on
from orgs.support import sponsoring, vouching
from tests.factories import (
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    TerritoryFactory,
    UserFactory,
    VerificationFactory,
)
from tests.factories_partnerships import PartnershipFactory
from tests.pages import unmarked

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 1, 1)


@pytest.fixture
def town():
    return TerritoryFactory(kind="municipality", name="Quagga city")


@pytest.fixture
def circle(town):
    """The owner of an informal group that a reviewer has to look at."""
    group = OrganisationFactory(kind="informal_group", name="Sewing circle", territory=town)
    VerificationFactory(organisation=group)
    return MembershipFactory(organisation=group)


def speaker_of(town, name, **facts):
    return MembershipFactory(
        organisation=OrganisationFactory(published=True, tier="documented", territory=town, name=name, **facts)
    )


def officer_of(town, name="Council"):
    return MembershipFactory(organisation=AuthorityFactory(territory=town, name=name), role="officer")


@pytest.fixture
def far(town):
    return speaker_of(town, "Far")


@pytest.fixture
def near(town):
    return speaker_of(town, "Near")


def vouched(circle, membership, words="They sew in our hall."):
    return vouching.vouch(group=circle.organisation, voucher=membership.organisation, words=words, by=membership.user)


def is_enough(circle):
    return are_enough(list(circle.organisation.vouchings.counting().select_related("voucher")))


def refusal_of(call, *args, **kwargs):
    with pytest.raises(ValidationError) as refusal:
        call(*args, **kwargs)
    return " ".join(refusal.value.messages)


def test_group_asks_from_its_page_and_a_verified_organisation_answers(client, circle, far):
    client.force_login(circle.user)
    client.post(reverse("orgs:vouching_ask", args=[circle.organisation.slug]), {"vouchers": "Far"})
    asked = Vouching.objects.get()
    assert (asked.state, asked.voucher) == ("asked", far.organisation)
    assert Email.objects.get().to == [far.user.email]

    client.force_login(far.user)
    assert "Say whether Far vouches for Sewing circle" in unmarked(client.get(reverse("home")).content.decode())
    client.post(asked.get_absolute_url(), {"answer": "given", "words": ""})
    asked.refresh_from_db()
    assert asked.state == "asked", "one sentence is needed"
    client.post(asked.get_absolute_url(), {"answer": "given", "words": "They sew in our hall."})
    asked.refresh_from_db()
    assert (asked.state, asked.words, asked.given_by) == ("given", "They sew in our hall.", far.user)
    assert circle.user.email in [email.to[0] for email in Email.objects.all()]
    assert "Say whether Far vouches" not in unmarked(client.get(reverse("home")).content.decode())


def test_declined_may_be_asked_again_after_some_months(circle, far):
    ask = {"group": circle.organisation, "vouchers": [far.organisation], "by": circle.user}
    [asked] = vouching.ask_to_vouch(**ask)
    assert vouching.decline_to_vouch(vouching=asked, by=far.user).state == "declined"
    vouching.decline_to_vouch(vouching=asked, by=far.user)
    assert "declined a short time ago" in refusal_of(vouching.ask_to_vouch, **ask)
    Vouching.objects.update(ended_at=timezone.now() - datetime.timedelta(days=91))
    vouching.ask_to_vouch(**ask)
    assert Vouching.objects.count() == 2


def test_who_never_answers_keeps_nobody_from_asking_others(circle, town):
    silent = [speaker_of(town, f"Silent {number}").organisation for number in range(6)]
    vouching.ask_to_vouch(group=circle.organisation, vouchers=silent, by=circle.user)
    other = {"group": circle.organisation, "vouchers": [speaker_of(town, "Other").organisation], "by": circle.user}
    assert "at most 6" in refusal_of(vouching.ask_to_vouch, **other)
    Vouching.objects.update(asked_at=timezone.now() - datetime.timedelta(days=31))
    assert vouching.ask_to_vouch(**other)


def test_group_asks_six_at_most_and_each_once(circle, far, town):
    vouching.ask_to_vouch(group=circle.organisation, vouchers=[far.organisation], by=circle.user)
    assert "asked already" in refusal_of(
        vouching.ask_to_vouch, group=circle.organisation, vouchers=[far.organisation], by=circle.user
    )
    many = [speaker_of(town, f"Other {number}").organisation for number in range(6)]
    assert "at most 6" in refusal_of(vouching.ask_to_vouch, group=circle.organisation, vouchers=many, by=circle.user)


def test_two_organisations_are_enough_and_one_authority(circle, far, near, town):
    vouched(circle, far)
    assert not is_enough(circle)
    vouched(circle, near)
    assert is_enough(circle)
    Vouching.objects.all().delete()
    vouched(circle, officer_of(town))
    assert is_enough(circle)


@pytest.mark.parametrize("state", ["draft", "proposed", "active", "ended"])
def test_authority_does_not_vouch_for_its_partner(circle, town, far, state):
    council = officer_of(town)
    PartnershipFactory(authority=council.organisation, partners=[circle.organisation], territory=town, state=state)
    assert "has a partnership" in refusal_of(vouched, circle, council)
    vouched(circle, officer_of(town, "Region"))
    PartnershipFactory(authority=council.organisation, partners=[circle.organisation, far.organisation], territory=town)
    vouched(circle, far)


def test_only_who_leads_a_verified_organisation_vouches(circle, far, town):
    editor = MembershipFactory(organisation=far.organisation, role="editor")
    with pytest.raises(PermissionDenied):
        vouched(circle, editor)
    with pytest.raises(PermissionDenied):
        vouching.vouch(
            group=circle.organisation, voucher=far.organisation, words="I know.", by=UserFactory(is_staff=True)
        )
    unverified = MembershipFactory(organisation=OrganisationFactory(territory=town))
    assert "verified" in refusal_of(vouched, circle, unverified)


def row(circle, membership, **facts):
    return Vouching(
        group=circle.organisation, voucher=membership.organisation, state="given", words="Known.",
        given_by=membership.user, given_at=timezone.now(), **facts,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"closed_on": TODAY}, "vouching_by_verified"),
        ({"suspended_on": TODAY}, "vouching_by_verified"),
        ({"holds_until": TODAY}, "vouching_by_verified"),
        ({"tier": "", "verified_at": None}, "vouching_by_verified"),
    ],
)
def test_database_refuses_a_voucher_that_is_not_verified(circle, far, change, constraint):
    Organisation.objects.filter(pk=far.organisation.pk).update(**change)
    with pytest.raises(IntegrityError, match="not verified") as refusal, transaction.atomic():
        row(circle, far).save()
    assert refusal.value.__cause__.diag.constraint_name == constraint


def test_database_knows_who_may_vouch_for_whom(circle, far, near, town):
    association = MembershipFactory(organisation=OrganisationFactory(territory=town))
    editor = MembershipFactory(organisation=far.organisation, role="editor")
    gone = MembershipFactory(organisation=near.organisation)
    gone.ended_at = timezone.now()
    gone.save()
    both = MembershipFactory(organisation=far.organisation, user=circle.user)
    wrong = [
        (row(association, far), "not an informal group"),
        (row(circle, editor), "does not speak for it"),
        (row(circle, gone), "does not speak for it"),
        (row(circle, both), "vouches for oneself"),
        (row(circle, circle), "vouching_not_for_itself|vouches for oneself|not verified"),
    ]
    for unsaved, words in wrong:
        with pytest.raises(IntegrityError, match=words), transaction.atomic():
            unsaved.save()
    row(circle, far).save()
    with pytest.raises(IntegrityError, match="vouching_once"), transaction.atomic():
        row(circle, MembershipFactory(organisation=far.organisation)).save()
    MembershipFactory(organisation=near.organisation, user=far.user)
    second = row(circle, near)
    second.given_by = far.user
    with pytest.raises(IntegrityError, match="vouching_person_once"), transaction.atomic():
        second.save()


@pytest.mark.parametrize(
    "change", [{"closed_on": TODAY}, {"suspended_on": TODAY}, {"holds_until": TODAY}, {"tier": "", "verified_at": None}]
)
def test_what_is_said_by_one_that_is_verified_no_longer_does_not_count(circle, far, near, change):
    vouched(circle, far)
    vouched(circle, near)
    Organisation.objects.filter(pk=near.organisation.pk).update(**change)
    assert not is_enough(circle)
    assert Vouching.objects.standing().count() == 2


def test_withdrawn_by_who_gave_it_with_date(client, circle, far):
    given = vouched(circle, far)
    url = reverse("orgs:vouching_withdraw", args=[far.organisation.slug, given.pk])
    client.force_login(circle.user)
    assert client.post(url).status_code in (403, 404)
    client.force_login(far.user)
    client.post(url)
    client.post(url)
    given.refresh_from_db()
    assert (given.state, given.ended_by) == ("withdrawn", far.user)
    assert given.ended_at is not None
    assert not given.group.vouchings.counting().exists()
    assert vouched(circle, far).state == "given", "it may be given anew"


def test_offered_from_the_public_page_of_the_group(client, circle, far):
    group = circle.organisation
    Organisation.objects.filter(pk=group.pk).update(is_listed=True)
    client.force_login(far.user)
    assert "You know this group?" in client.get(group.get_absolute_url()).content.decode()
    client.post(reverse("orgs:vouch", args=[group.slug]), {"voucher": far.organisation.pk, "words": "Known."})
    assert Vouching.objects.get().state == "given"
    assert "You know this group?" not in client.get(group.get_absolute_url()).content.decode()


def test_public_reads_who_vouches_and_never_who_pressed(client, circle, far, near):
    group = circle.organisation
    Organisation.objects.filter(pk=group.pk).update(tier="contact", verified_at=timezone.now())
    vouched(circle, far, words="Secret sentence.")
    vouched(circle, near)
    vouching.withdraw_vouching(vouching=Vouching.objects.get(voucher=near.organisation), by=near.user)
    page = client.get(group.get_absolute_url()).content.decode()
    assert "Vouched for by" in page
    assert "Far" in page
    assert "Near" not in page
    assert far.user.name not in page
    assert "Secret sentence" not in page


def test_reviewer_sees_who_when_and_whether_it_is_enough(client, circle, far, near, town):
    reviewer = ReviewerFactory(territory=town)
    client.force_login(reviewer)
    url = circle.organisation.verifications.get().get_absolute_url()
    vouched(circle, far)
    page = client.get(url).content.decode()
    assert "Not enough in place of papers" in page
    assert far.user.name in page
    assert "They sew in our hall." in page
    vouched(circle, near)
    page = client.get(url).content.decode()
    assert "Not enough" not in page
    assert "Enough in place of papers" in page
    Organisation.objects.filter(pk=near.organisation.pk).update(suspended_on=TODAY)
    page = client.get(url).content.decode()
    assert "does not count" in page
    assert "suspended" in page


def test_pages_cost_the_same_for_many(client, circle, far, town):
    vouched(circle, far)
    client.force_login(circle.user)
    url = reverse("orgs:support", args=[circle.organisation.slug])
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for number in range(4):
        other = speaker_of(town, f"Other {number}")
        vouched(circle, other)
        offered(other, circle)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(one)


# --- Sponsorship ------------------------------------------------------------------------------------------------------------


def offered(sponsor, sponsored, **facts):
    return sponsoring.offer_sponsorship(
        sponsor=sponsor.organisation, sponsored=sponsored.organisation,
        **{"gives": "A bank account", "from_day": TODAY, **facts}, by=sponsor.user,
    )  # fmt: skip


def test_sponsorship_is_offered_accepted_shown_and_ended_in_the_browser(client, far, near):
    client.force_login(far.user)
    client.post(
        reverse("orgs:sponsorship_add", args=[far.organisation.slug]),
        {"sponsored": "Near", "gives": "A room", "from_day": "2026-01-01"},
    )
    pair = Sponsorship.objects.get()
    assert {email.to[0] for email in Email.objects.all()} == {far.user.email, near.user.email}
    assert "A room" not in client.get(near.organisation.get_absolute_url()).content.decode()

    client.force_login(near.user)
    assert "accepts the sponsorship of Far" in unmarked(client.get(reverse("home")).content.decode())
    client.post(pair.get_absolute_url(), {"answer": "accepted"})
    client.logout()
    for membership in (far, near):
        page = client.get(membership.organisation.get_absolute_url()).content.decode()
        assert "A room" in page
        assert near.user.name not in page

    client.force_login(far.user)
    for _time in range(2):
        client.post(reverse("orgs:sponsorship_end", args=[far.organisation.slug, pair.pk]))
    pair.refresh_from_db()
    assert (pair.state, pair.ended_by) == ("ended", far.user)
    assert "A room" not in client.get(near.organisation.get_absolute_url()).content.decode()
    assert Email.objects.count() == 6


def test_sponsorship_needs_two_sides_once_and_a_verified_sponsor(far, near, town):
    assert "itself" in refusal_of(offered, far, far)
    pair = offered(far, near)
    assert "already" in refusal_of(offered, far, near)
    assert "already" in refusal_of(offered, near, far)
    with pytest.raises(PermissionDenied):
        sponsoring.answer_sponsorship(sponsorship=pair, is_accepted=True, by=far.user)
    assert sponsoring.answer_sponsorship(sponsorship=pair, is_accepted=False, by=near.user).state == "declined"
    assert "answered already" in refusal_of(
        sponsoring.answer_sponsorship, sponsorship=pair, is_accepted=True, by=near.user
    )
    offered(far, near)
    assert "before the first" in refusal_of(
        offered, far, speaker_of(town, "Third"), to_day=TODAY - datetime.timedelta(days=1)
    )
    lapsed = speaker_of(town, "Lapsed", holds_until=TODAY)
    assert "Only a verified" in refusal_of(offered, lapsed, near)
    assert "an authority" in refusal_of(offered, far, officer_of(town))


def test_sponsorship_is_public_from_its_first_day_to_its_last(far, near):
    pair = offered(far, near)
    sponsoring.answer_sponsorship(sponsorship=pair, is_accepted=True, by=near.user)
    today, day = timezone.localdate(), datetime.timedelta(days=1)
    for from_day, to_day, is_public in (
        (today, today, True),
        (today - day, today - day, False),
        (today + day, None, False),
    ):
        Sponsorship.objects.filter(pk=pair.pk).update(from_day=from_day, to_day=to_day)
        assert Sponsorship.objects.public().exists() is is_public
    Sponsorship.objects.filter(pk=pair.pk).update(from_day=today, to_day=None)
    Organisation.objects.filter(pk=far.organisation.pk).update(suspended_on=today)
    assert not Sponsorship.objects.public().exists()


# --- What does not count, though it was given ---------------------------------------------------------------------------


def test_what_comes_from_people_of_the_group_counts_never(circle, far, near, town):
    vouched(circle, far)
    vouched(circle, near)
    assert is_enough(circle)
    # Somebody else who leads one of them belongs to the group, or to an entry that was merged into it; or who vouched joins it.
    insider = MembershipFactory(organisation=far.organisation, user=circle.user)
    assert not is_enough(circle)
    insider.delete()
    old = OrganisationFactory(kind="informal_group", territory=town)
    MembershipFactory(organisation=old, user=near.user)
    merging.merge_organisations(
        gone=old, kept=circle.organisation, follow=merging.FOLLOW, reason="The same", by=UserFactory(is_staff=True)
    )
    assert not is_enough(circle)
    OrganisationMerge.objects.all().delete()
    assert is_enough(circle)
    MembershipFactory(organisation=circle.organisation, user=far.user, role="viewer")
    assert not is_enough(circle)


def test_groups_do_not_vouch_one_another_up(town):
    groups = [speaker_of(town, f"Group {number}", kind="informal_group") for number in range(3)]
    for place, group in enumerate(groups):
        vouched(groups[(place + 1) % 3], group)
        vouched(groups[(place + 2) % 3], group)
    assert not any(is_enough(group) for group in groups)


def test_voucher_without_papers_stands_in_for_none(circle, far, near):
    vouched(circle, far)
    vouched(circle, near)
    Organisation.objects.filter(pk=near.organisation.pk).update(tier="contact")
    assert not is_enough(circle)


def test_only_those_are_asked_or_may_offer_whose_word_would_count(client, circle, far, near, town):
    contact, group = speaker_of(town, "Contact only"), speaker_of(town, "Other group", kind="informal_group")
    Organisation.objects.filter(pk=contact.organisation.pk).update(tier="contact")
    MembershipFactory(organisation=near.organisation, user=circle.user)
    council = officer_of(town)
    Organisation.objects.filter(pk=council.organisation.pk).update(tier="contact")
    ask = reverse("orgs:vouching_ask", args=[circle.organisation.slug])
    client.force_login(circle.user)
    for name in ("Contact only", "Other group", "Near"):
        body = client.post(ask, {"vouchers": name}).content.decode()
        assert "cannot vouch for you" in body, name
    for unable in (contact, group, near):
        assert "cannot vouch for you" in refusal_of(
            vouching.ask_to_vouch, group=circle.organisation, vouchers=[unable.organisation], by=circle.user
        )
        assert not vouchers_for(unable.user, circle.organisation).exists()
    assert not Vouching.objects.exists()
    for able in (far, council):
        assert vouchers_for(able.user, circle.organisation).get() == able.organisation
        client.post(ask, {"vouchers": able.organisation.name})
    assert set(Vouching.objects.values_list("voucher__name", flat=True)) == {"Far", "Council"}


def test_reviewer_is_told_which_vouchings_count(client, circle, town):
    client.force_login(ReviewerFactory(territory=town))
    page = client.get(circle.organisation.verifications.get().get_absolute_url()).content.decode()
    assert "two organisations whose documents were seen vouch for it" in page
    assert "two verified organisations" not in page


def test_vouching_is_for_an_informal_group_as_long_as_it_is_one(circle, far, near):
    vouched(circle, far)
    vouched(circle, near)
    Organisation.objects.filter(pk=circle.organisation.pk).update(kind="association")
    assert not is_enough(circle)


def test_authority_that_becomes_a_partner_vouches_no_more(circle, town):
    officer = officer_of(town)
    vouched(circle, officer)
    assert is_enough(circle)
    partnership = PartnershipFactory(authority=officer.organisation, partners=[circle.organisation])
    assert not is_enough(circle)
    partnership.parties.filter(organisation=circle.organisation).delete()
    assert is_enough(circle)


def test_who_decides_hears_of_a_withdrawal_and_looks_again(circle, far, town):
    reviewer = ReviewerFactory(territory=town)
    given = vouched(circle, far)
    circle.organisation.verifications.update(
        state="verified", tier="contact", reviewer=reviewer, decided_at=timezone.now()
    )
    before = look_due_on(circle.organisation)
    vouching.withdraw_vouching(vouching=given, by=far.user)
    assert reviewer.email in {email.to[0] for email in Email.objects.filter(subject__contains="Sewing circle")}
    assert look_due_on(circle.organisation) == datetime.date.min < before
