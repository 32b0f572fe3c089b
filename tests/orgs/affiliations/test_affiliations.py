"""To whom an organisation belongs: said by the one, confirmed or refused by the other, ended by either."""

import csv
import datetime
import io
import json
import re

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.affiliations.actions import MOST_ASKED, answer_affiliation, end_affiliation, say_affiliations
from orgs.inbox import tasks_of
from orgs.members.actions import add_member
from orgs.models import Affiliation, Listing, Organisation, ReviewedProfile
from orgs.organisations.actions import update_organisation
from orgs.oversight import actions as oversight
from orgs.oversight import merging
from orgs.verification.profiles import profile_of
from tests.clock import on_the
from tests.factories import (
    AffiliationFactory,
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    UserFactory,
    VerificationFactory,
)
from tests.pages import unmarked, words_of
from tests.posts import token_on

pytestmark = pytest.mark.django_db
MEMBER, BRANCH = Affiliation.Kind.MEMBER, Affiliation.Kind.BRANCH


@pytest.fixture
def club(raval):
    """The owner of an association that says that it belongs to others."""
    return MembershipFactory(organisation=OrganisationFactory(published=True, name="Club", territory=raval))


@pytest.fixture
def web(raval):
    """The owner of a network that people trust."""
    return MembershipFactory(
        organisation=OrganisationFactory(published=True, name="Web", kind="network", territory=raval)
    )


@pytest.fixture
def listed(raval):
    """That nobody has claimed."""
    organisation = OrganisationFactory(is_listed=True, name="Listed", territory=raval)
    Listing.objects.create(organisation=organisation, listed_by=UserFactory())
    return organisation


def said(club, *parents, kind=MEMBER):
    say_affiliations(organisation=club.organisation, said={kind: parents}, by=club.user)
    return club.organisation.affiliations.order_by("-pk").first()


def answered(affiliation, web, is_accepted=True):
    return answer_affiliation(affiliation=affiliation, is_accepted=is_accepted, by=web.user)


def page_of(organisation, client=None):
    return words_of((client or Client()).get(organisation.get_absolute_url()).content.decode())


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def listing_page(organisation):
    return reverse("orgs:affiliation_list", args=[organisation.slug])


def refusal_of(call, *args, **kwargs):
    with pytest.raises(ValidationError) as refusal:
        call(*args, **kwargs)
    return " ".join(refusal.value.messages)


def table(client):
    answer = client.get(reverse("orgs:organisation_export", args=["csv"]))
    lines = b"".join(answer.streaming_content).decode("utf-8-sig")
    return {row["name"]: row for row in csv.DictReader(io.StringIO(lines))}


def workbook(client):
    answer = client.get(reverse("orgs:organisation_export", args=["xlsx"]))
    heads, *rows = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values
    return {row[heads.index("name")]: dict(zip(heads, row, strict=True)) for row in rows}


def parents_in_hsds(client):
    answer = client.get(reverse("orgs:organisation_export", args=["hsds"]))
    contents = json.loads(b"".join(answer.streaming_content))["contents"]
    names = {one["id"]: one["name"] for one in contents}
    return {one["name"]: names.get(one.get("parent_organization_id")) for one in contents}


# --- The pages of both sides --------------------------------------------------------------------------------------------------


def test_name_of_another_is_borrowed_by_nobody(client, club, web):
    """Said in the profile it is the proposer's alone to read, until an owner of the other side accepts it on its own page."""
    own, theirs = logged_in(club.user), logged_in(web.user)
    form = {"name": "Club", "kind": "association", "territory": "el Raval", "version": "1", "networks": "Web"}
    assert own.post(reverse("orgs:organisation_edit", args=[club.organisation.slug]), form).status_code == 302
    affiliation = Affiliation.objects.get()
    assert (affiliation.state, affiliation.proposed_by) == ("proposed", club.user)
    assert "Web" not in page_of(club.organisation)
    assert "Club" not in page_of(web.organisation)
    assert "Web (not confirmed yet)" in page_of(club.organisation, own)

    letter = Email.objects.get()
    assert letter.to == [web.user.email]
    assert "is a member of “Web”" in letter.message
    assert listing_page(web.organisation) in letter.message
    assert "Say whether Club belongs to Web" in unmarked(theirs.get(reverse("home")).content.decode())
    assert "Says that it is a member of yours." in page_of(web.organisation, theirs)
    assert "Says that it is a member of yours." not in page_of(web.organisation, own)

    url = reverse("orgs:affiliation_answer", args=[web.organisation.slug, affiliation.pk])
    assert theirs.post(url, {"answer": "accept"}).headers["Location"] == listing_page(web.organisation)
    affiliation.refresh_from_db()
    assert (affiliation.state, affiliation.accepted_by) == ("accepted", web.user)
    assert "Web" in page_of(club.organisation)
    assert "not confirmed" not in page_of(club.organisation, own)
    assert "Say whether" not in theirs.get(reverse("home")).content.decode()
    told = Email.objects.order_by("pk").last()
    assert (told.to, told.subject) == ([club.user.email], "Web has confirmed that Club belongs to it")


def test_letter_is_in_the_language_of_its_reader(club, web):
    web.user.language = "es"
    web.user.save()
    answered(said(club, web.organisation), web)
    asked, told = Email.objects.order_by("pk")
    assert "dice que es miembro de «Web»" in asked.message
    assert "has confirmed" in told.message


def test_refused_is_told_and_not_proposed_again_for_ninety_days(club, web):
    refused = answered(said(club, web.organisation, kind=BRANCH), web, is_accepted=False)
    assert refused.state == "refused"
    assert Email.objects.order_by("pk").last().subject == "Web has not confirmed that Club belongs to it"
    own = logged_in(club.user)
    assert "It was refused on" in words_of(own.get(listing_page(club.organisation)).content.decode())
    assert "Web" not in page_of(club.organisation, own)
    assert "Web has refused this." in refusal_of(said, club, web.organisation, kind=BRANCH)
    assert said(club, web.organisation).state == "proposed", "another tie is another question"
    with on_the(timezone.now() + datetime.timedelta(days=91)):
        assert said(club, web.organisation, kind=BRANCH).state == "proposed"


def test_refusal_of_the_form_stands_at_its_field(club, web):
    answered(said(club, web.organisation), web, is_accepted=False)
    version = Organisation.objects.get(pk=club.organisation.pk).version
    form = {"name": "Club", "kind": "association", "territory": "el Raval", "version": version, "networks": "Web"}
    body = logged_in(club.user).post(reverse("orgs:organisation_edit", args=[club.organisation.slug]), form)
    assert re.search(r'id="id_networks_error".*?Web has refused this', body.content.decode(), re.DOTALL)
    assert Affiliation.objects.get().state == "refused"


def test_profile_that_was_opened_before_the_end_does_not_say_it_again(club, web):
    affiliation = answered(said(club, web.organisation), web)
    version = Organisation.objects.get(pk=club.organisation.pk).version
    end_affiliation(affiliation=affiliation, by=web.user)
    form = {
        "name": "Club",
        "kind": "association",
        "territory": "el Raval",
        "version": version,
        "networks_chosen": [web.organisation.pk],
    }
    body = logged_in(club.user).post(reverse("orgs:organisation_edit", args=[club.organisation.slug]), form)
    assert "Theirs differs in: Member of these networks" in words_of(body.content.decode())
    assert Affiliation.objects.get().state == "ended"


@pytest.mark.parametrize("side", ["club", "web"])
def test_either_side_ends_it_and_the_other_hears(club, web, side):
    affiliation = answered(said(club, web.organisation), web)
    ending, hearing = (club, web) if side == "club" else (web, club)
    Email.objects.all().delete()
    url = reverse("orgs:affiliation_end", args=[ending.organisation.slug, affiliation.pk])
    for _twice in range(2):
        assert logged_in(ending.user).post(url).status_code == 302
    affiliation.refresh_from_db()
    assert (affiliation.state, affiliation.ended_by) == ("ended", ending.user)
    assert [(mail.to, mail.subject) for mail in Email.objects.all()] == [
        ([hearing.user.email], "Club no longer belongs to Web")
    ]
    assert "Web" not in page_of(club.organisation)
    assert said(club, web.organisation).state == "proposed", "what has ended may be proposed again"


def test_profile_that_says_it_no_longer_ends_it(club, web):
    other = MembershipFactory(organisation=OrganisationFactory(published=True, name="Head"))
    answered(said(club, web.organisation, kind=BRANCH), web)
    assert said(club, other.organisation, kind=BRANCH).parent == other.organisation
    assert [one.state for one in club.organisation.affiliations.order_by("pk")] == ["ended", "proposed"]
    assert said(club, kind=BRANCH).state == "ended"
    assert club.organisation.affiliations.live().count() == 0


def test_sent_twice_from_one_page_is_answered_once(club, web):
    affiliation = said(club, web.organisation)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(web.user)
    url = reverse("orgs:affiliation_answer", args=[web.organisation.slug, affiliation.pk])
    data = {"csrfmiddlewaretoken": token_on(browser, listing_page(web.organisation)), "answer": "accept"}
    for _press in range(3):
        assert browser.post(url, data).headers["Location"] == listing_page(web.organisation)
    assert Email.objects.filter(subject__contains="has confirmed").count() == 1
    browser.get(listing_page(web.organisation))
    assert browser.post(url, {**data, "answer": "refuse"}).status_code == 302
    assert "answered already" in browser.get(listing_page(web.organisation)).content.decode()
    affiliation.refresh_from_db()
    assert affiliation.state == "accepted"


def test_answer_that_is_none_changes_nothing(club, web):
    affiliation = said(club, web.organisation)
    theirs = logged_in(web.user)
    theirs.post(reverse("orgs:affiliation_answer", args=[web.organisation.slug, affiliation.pk]), {"answer": "perhaps"})
    assert "Say whether you accept or refuse it." in theirs.get(listing_page(web.organisation)).content.decode()
    affiliation.refresh_from_db()
    assert affiliation.state == "proposed"


def test_list_costs_the_same_for_one_and_for_many(raval, web):
    theirs = logged_in(web.user)
    AffiliationFactory(parent=web.organisation, proposed=True)
    theirs.get(listing_page(web.organisation))
    with CaptureQueriesContext(connection) as one:
        theirs.get(listing_page(web.organisation))
    for number in range(30):
        AffiliationFactory(parent=web.organisation, proposed=number % 2 == 0)
    with CaptureQueriesContext(connection) as many:
        body = theirs.get(listing_page(web.organisation)).content.decode()
    assert len(many) == len(one)
    assert body.index('value="accept"') < body.index("End it"), "what waits comes first"


# --- Files and reviewers ------------------------------------------------------------------------------------------------------


def test_files_have_what_was_confirmed_and_nothing_else(client, club, web, listed):
    said(club, web.organisation, listed)
    said(club, web.organisation, kind=BRANCH)
    assert {row["networks"] for row in table(client).values()} == {""}
    assert {row["branch_of"] for row in table(client).values()} == {""}
    assert workbook(client)["Club"]["networks"] in (None, "")
    assert set(parents_in_hsds(client).values()) == {None}
    for affiliation in Affiliation.objects.filter(parent=web.organisation):
        answered(affiliation, web)
    row = table(client)["Club"]
    assert (row["networks"], row["branch_of"]) == (web.organisation.reference, web.organisation.reference)
    assert workbook(client)["Club"]["networks"] == web.organisation.reference
    assert parents_in_hsds(client)["Club"] == "Web"


def test_reviewer_reads_what_is_said_and_that_nobody_has_confirmed_it(raval, city, club, web):
    reviewer = ReviewerFactory(territory=city)
    affiliation = said(club, web.organisation)
    look = VerificationFactory(organisation=club.organisation)
    read = logged_in(reviewer)
    assert "Web (not confirmed yet)" in words_of(read.get(look.get_absolute_url()).content.decode())
    reviewed = ReviewedProfile.objects.create(
        organisation=club.organisation, profile=profile_of(club.organisation), seen_by=reviewer
    )
    assert reviewed.profile["networks"] == ["Web"]
    answered(affiliation, web)
    reviewed.refresh_from_db()
    assert reviewed.unseen_since is None, "who confirms it changes nothing of what it says"
    end_affiliation(affiliation=affiliation, by=web.user)
    reviewed.refresh_from_db()
    assert reviewed.unseen_since is not None
    listed = words_of(read.get(reverse("orgs:unreviewed_list")).content.decode())
    assert "Member of" in listed
    assert "Web" in listed


# --- A page that nobody holds -------------------------------------------------------------------------------------------------


def test_of_an_unclaimed_page_it_is_stated_and_becomes_a_question_once_claimed(club, listed):
    affiliation = said(club, listed)
    assert Email.objects.count() == 0
    assert "Listed (stated by the organisation)" in page_of(club.organisation)
    owner = UserFactory()
    add_member(organisation=listed, user=owner, role="owner", by=None)
    assert "Listed" not in page_of(club.organisation)
    assert "Listed (not confirmed yet)" in page_of(club.organisation, logged_in(club.user))
    assert [str(task.title) for task in tasks_of(owner) if "belongs" in task.title] != []
    answer_affiliation(affiliation=affiliation, is_accepted=True, by=owner)
    shown = page_of(club.organisation)
    assert "Listed" in shown
    assert "stated by" not in shown


# --- Cheating -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["editor", "viewer"])
def test_second_membership_without_the_part_of_an_owner_accepts_nothing(club, web, role):
    MembershipFactory(organisation=web.organisation, user=club.user, role=role)
    affiliation = said(club, web.organisation)
    with pytest.raises(PermissionDenied):
        answered(affiliation, club)
    url = reverse("orgs:affiliation_answer", args=[web.organisation.slug, affiliation.pk])
    assert logged_in(club.user).post(url, {"answer": "accept"}).status_code == 404
    assert [task for task in tasks_of(club.user) if "belongs" in task.title] == []
    with pytest.raises(IntegrityError, match="does not speak for it"), transaction.atomic():
        Affiliation.objects.update(accepted_by=club.user, accepted_at=timezone.now())


def test_other_side_answers_and_does_not_end_what_it_has_not_answered(club, web):
    affiliation = said(club, web.organisation)
    assert "accept or refuse" in refusal_of(end_affiliation, affiliation=affiliation, by=web.user)
    assert end_affiliation(affiliation=affiliation, by=club.user).state == "ended"
    assert "taken back" in refusal_of(answered, affiliation, web)


def test_who_owns_both_accepts_for_the_other(club, web):
    MembershipFactory(organisation=web.organisation, user=club.user)
    assert answered(said(club, web.organisation), club).accepted_by == club.user


def test_owner_who_left_and_administrators_accept_nothing(club, web):
    affiliation = said(club, web.organisation)
    MembershipFactory(organisation=web.organisation)
    type(web).objects.filter(pk=web.pk).update(ended_at=timezone.now())
    for person in (web.user, UserFactory(is_staff=True), club.user):
        with pytest.raises(PermissionDenied):
            answer_affiliation(affiliation=affiliation, is_accepted=True, by=person)
    with pytest.raises(IntegrityError, match="does not speak for it"), transaction.atomic():
        Affiliation.objects.update(refused_by=web.user, refused_at=timezone.now())


def test_manager_of_an_authority_answers_and_its_officer_does_not(club, raval):
    hall = AuthorityFactory(territory=raval)
    affiliation = said(club, hall)
    with pytest.raises(PermissionDenied):
        answered(affiliation, MembershipFactory(organisation=hall, role="officer"))
    assert answered(affiliation, MembershipFactory(organisation=hall, role="manager")).state == "accepted"


def test_third_party_neither_says_nor_ends_it(club, web):
    affiliation = answered(said(club, web.organisation), web)
    stranger = MembershipFactory().user
    with pytest.raises(PermissionDenied):
        end_affiliation(affiliation=affiliation, by=stranger)
    with pytest.raises(PermissionDenied):
        say_affiliations(organisation=club.organisation, said={MEMBER: []}, by=stranger)
    with pytest.raises(PermissionDenied):
        say_affiliations(organisation=club.organisation, said={MEMBER: []}, by=web.user)


def test_nobody_writes_to_the_whole_directory(club, web):
    for _again in range(3):
        said(club, web.organisation)
        said(club)
    assert Email.objects.count() == 1, "taken back and said again it makes no second letter"
    many = [
        MembershipFactory(organisation=OrganisationFactory(published=True)).organisation for _ in range(1, MOST_ASKED)
    ]
    said(club, *many)
    another = MembershipFactory(organisation=OrganisationFactory(published=True)).organisation
    assert "at one time" in refusal_of(said, club, *many, another)
    assert said(club, *many, web.organisation).parent == web.organisation, "it has been written to"


# --- Rules of the database ----------------------------------------------------------------------------------------------------


def test_database_holds_who_belongs_to_whom_once(club, web):
    affiliation = AffiliationFactory(organisation=club.organisation, parent=web.organisation)
    other = OrganisationFactory(published=True)
    AffiliationFactory(organisation=club.organisation, parent=other, kind="branch")
    both = {"organisation": club.organisation, "proposed_by": club.user}
    now = timezone.now()
    for name, facts in {
        "affiliation_once": {**both, "parent": web.organisation, "kind": "member"},
        "affiliation_one_branch": {**both, "parent": web.organisation, "kind": "branch"},
        "affiliation_of_two": {**both, "parent": club.organisation, "kind": "member"},
        "affiliation_acceptance_is_signed": {**both, "parent": other, "kind": "member", "accepted_by": web.user},
        "affiliation_refusal_is_signed": {**both, "parent": other, "kind": "member", "refused_by": web.user},
        "affiliation_end_is_signed": {**both, "parent": other, "kind": "member", "ended_at": now},
    }.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Affiliation.objects.create(**facts)
    with pytest.raises(IntegrityError, match="affiliation_acceptance_is_signed"), transaction.atomic():
        Affiliation.objects.filter(pk=affiliation.pk).update(refused_by=web.user, refused_at=now)


def test_database_holds_that_what_was_refused_is_not_said_again(club, web):
    refused = answered(said(club, web.organisation), web, is_accepted=False)
    facts = {"organisation": club.organisation, "parent": web.organisation, "kind": "member"}
    with pytest.raises(IntegrityError, match="refused a short time ago"), transaction.atomic():
        Affiliation.objects.create(**facts)
    elsewhere = AffiliationFactory(parent=web.organisation, proposed=True)
    with pytest.raises(IntegrityError, match="refused a short time ago"), transaction.atomic():
        Affiliation.objects.filter(pk=elsewhere.pk).update(organisation=club.organisation)
    assert refused.refused_at is not None
    Affiliation.objects.create(**facts, proposed_at=refused.refused_at + datetime.timedelta(days=91))


# --- Merging, closing, deletion -----------------------------------------------------------------------------------------------


@pytest.fixture
def double(raval):
    return OrganisationFactory(published=True, name="Double", territory=raval)


def merged(gone, kept):
    return merging.merge_organisations(
        gone=gone, kept=kept, follow=merging.FOLLOW, reason="One house.", by=UserFactory(is_staff=True)
    )


def test_question_follows_the_entry_that_it_is_put_to_and_goes_back(club, web, double):
    affiliation = said(club, double)
    merge = merged(double, web.organisation)
    assert web.organisation.affiliates.questions().get() == affiliation
    assert answered(affiliation, web).state == "accepted"
    merging.undo_merge(merge=merge, by=merge.merged_by)
    affiliation.refresh_from_db()
    assert (affiliation.parent, affiliation.state) == (double, "proposed"), "nobody of that one has confirmed it"


def test_merging_accepts_for_nobody(client, club, web, double):
    """A second entry of a trusted name confirms what it likes; the real one has not."""
    impostor = MembershipFactory(organisation=double)
    affiliation = answered(said(club, double), impostor)
    merge = merged(double, web.organisation)
    affiliation.refresh_from_db()
    assert (affiliation.parent, affiliation.state) == (web.organisation, "proposed")
    assert "Web" not in page_of(club.organisation)
    assert table(client)["Club"]["networks"] == ""
    assert web.organisation.affiliates.questions().get() == affiliation
    merging.undo_merge(merge=merge, by=merge.merged_by)
    assert double.affiliates.questions().get() == affiliation


def test_undoing_leaves_a_branch_that_was_said_anew(club, web, double):
    twin = AffiliationFactory(organisation=double, parent=web.organisation, kind=BRANCH, proposed=True)
    merge = merged(double, club.organisation)
    AffiliationFactory(organisation=double, parent=OrganisationFactory(published=True), kind=BRANCH, proposed=True)
    merging.undo_merge(merge=merge, by=merge.merged_by)
    twin.refresh_from_db()
    assert twin.organisation == club.organisation


def test_nobody_writes_to_the_whole_directory_by_taking_back(club):
    for first in range(0, MOST_ASKED, 4):
        said(
            club,
            *[
                MembershipFactory(organisation=OrganisationFactory(published=True)).organisation
                for _ in range(first, first + 4)
            ],
        )
    assert "at one time" in refusal_of(
        said, club, MembershipFactory(organisation=OrganisationFactory(published=True)).organisation
    )
    unheld = OrganisationFactory(published=True)
    assert said(club, unheld).parent == unheld, "nobody is asked"


def test_where_nobody_leads_it_the_organisation_alone_states_it(club):
    unheld = OrganisationFactory(published=True, name="Union")
    said(club, unheld)
    assert "Union (stated by the organisation)" in words_of(page_of(club.organisation))
    MembershipFactory(organisation=unheld)
    assert "Union" not in page_of(club.organisation)
    assert unheld.affiliates.questions().count() == 1


def test_who_is_of_neither_side_is_told_nothing(club, web):
    affiliation = said(club, web.organisation)
    stranger = Client()
    stranger.force_login(MembershipFactory().user)
    for name in ("affiliation_answer", "affiliation_end"):
        for side in (club.organisation, web.organisation, OrganisationFactory(published=True)):
            url = reverse(f"orgs:{name}", args=[side.slug, affiliation.pk])
            assert stranger.post(url, {"answer": "accept"}).status_code == 404


def test_question_of_a_closed_organisation_is_not_answered(club, web):
    affiliation = said(club, web.organisation)
    oversight.close_organisation(organisation=club.organisation, reason="Dissolved", by=UserFactory(is_staff=True))
    assert "answered already, or taken back" in refusal_of(answered, affiliation, web)


def test_merging_brings_no_way_around_a_refusal(club, web, double):
    answered(said(club, web.organisation), web, is_accepted=False)
    twin = AffiliationFactory(organisation=double, parent=web.organisation, proposed=True)
    merge = merged(double, club.organisation)
    twin.refresh_from_db()
    assert twin.organisation == double
    assert web.organisation.affiliates.questions().count() == 0
    merging.undo_merge(merge=merge, by=merge.merged_by)
    assert web.organisation.affiliates.questions().get() == twin


def test_refusal_follows_the_one_that_was_refused(club, web, double):
    answered(said(club, web.organisation), web, is_accepted=False)
    merge = merged(club.organisation, double)
    owner = MembershipFactory(organisation=double)
    assert "Web has refused this." in refusal_of(said, owner, web.organisation)
    merging.undo_merge(merge=merge, by=merge.merged_by)
    assert said(owner, web.organisation).state == "proposed"
    assert "Web has refused this." in refusal_of(said, club, web.organisation)


def test_closed_side_is_not_shown_and_as_it_was_when_reopened(client, club, web):
    admin = UserFactory(is_staff=True)
    affiliation = answered(said(club, web.organisation), web)
    oversight.close_organisation(organisation=web.organisation, reason="Dissolved", by=admin)
    assert "Web" not in page_of(club.organisation)
    assert table(client)["Club"]["networks"] == ""
    update_organisation(
        organisation=Organisation.objects.get(pk=club.organisation.pk), affiliations={MEMBER: []}, by=club.user
    )
    affiliation.refresh_from_db()
    assert affiliation.state == "accepted", "what no form shows is not taken back by one"
    assert "Web" in words_of(logged_in(club.user).get(listing_page(club.organisation)).content.decode())
    oversight.reopen_organisation(organisation=web.organisation, reason="A mistake", by=admin)
    assert "Web" in page_of(club.organisation)


def test_one_that_is_closed_asks_nobody(club, web):
    said(club, web.organisation)
    oversight.close_organisation(organisation=club.organisation, reason="Dissolved", by=UserFactory(is_staff=True))
    assert [task for task in tasks_of(web.user) if "belongs" in task.title] == []
    assert "Says that it is a member" not in page_of(web.organisation, logged_in(web.user))


def test_deleted_with_either_side(club, web):
    said(club, web.organisation)
    OrganisationFactory()
    gone = OrganisationFactory(published=True)
    AffiliationFactory(organisation=gone, proposed=True)
    AffiliationFactory(parent=gone, proposed=True)
    gone.delete()
    assert Affiliation.objects.count() == 1
