"""Two entries of one organisation become one, and two again."""

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from integration_portal.organisation_uses import FOLLOW
from orgs.models import (
    Capacity,
    Membership,
    Organisation,
    OrganisationIdentifier,
    OrganisationMerge,
    Service,
    VolunteerOpportunity,
    Vouching,
)
from orgs.oversight import actions as oversight
from orgs.oversight import merging
from orgs.permissions import can_take_measure
from orgs.standing.measures import take_measure
from partnerships.models import Contribution, PartnershipParty, Seat
from tests.factories import (
    AffiliationFactory,
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    ServiceFactory,
    TerritoryFactory,
    UserFactory,
    VerificationFactory,
)
from tests.factories_partnerships import (
    ContributionFactory,
    CoordinationTableFactory,
    PartnershipFactory,
    current_scale,
)

pytestmark = pytest.mark.django_db

STAYS = {
    "orgs.ImportedOrganisation.organisation",
    "orgs.OrganisationIdentifier.organisation",
    "orgs.VoicedNeed.organisation",
    "orgs.OrganisationContact.organisation",
    "orgs.OrganisationClosing.organisation",
    "orgs.OrganisationMerge.gone",
    "orgs.OrganisationMerge.kept",
    "orgs.Membership.organisation",
    "orgs.Invitation.organisation",
    "orgs.Listing.organisation",
    "orgs.JoinRequest.organisation",
    "orgs.Measure.organisation",
    "orgs.ProposedChange.organisation",
    "orgs.Registration.organisation",
    "orgs.Renewal.organisation",
    "orgs.ReviewedProfile.organisation",
    "orgs.RenewalReminder.organisation",
    "orgs.Verification.organisation",
    "orgs.Vouching.group",
    "orgs.OrganisationEvent.pgh_obj",
    # What an authority alone has, and an authority is not merged.
    "orgs.Listing.listed_for",
    "partnerships.CoordinationTable.convenor",
    "indicators.Indicator.owner",
    "indicators.ImportBatch.authority",
    "indicators.Source.typed_by",
    "indicators.Source.reported_to",
    "indicators.ReportRequest.authority",
}
"""The story of the entry itself."""
MERGED = "orgs.Organisation_works_in.organisation"
"""The one then works where both did."""


@pytest.fixture
def administrator(client):
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def gone(raval):
    return OrganisationFactory(name="Ours (old)", published=True, territory=raval)


@pytest.fixture
def kept(raval):
    return OrganisationFactory(name="Ours", published=True, territory=raval)


def merged(gone, kept, by):
    return merging.merge_organisations(gone=gone, kept=kept, follow=FOLLOW, reason="One telephone, one house.", by=by)


def state():
    """Everything that names an organisation, row by row."""
    found = {}
    for name in sorted(
        {*FOLLOW, *STAYS}
        - {"orgs.OrganisationEvent.pgh_obj", "orgs.OrganisationMerge.gone", "orgs.OrganisationMerge.kept"}
    ):
        model, field = apps.get_model(name.rpartition(".")[0]), name.rpartition(".")[2]
        found[name] = list(model._base_manager.order_by("pk").values_list("pk", field))
    return found


def test_of_everything_that_names_an_organisation_it_is_decided_whether_it_follows():
    names = {
        f"{relation.related_model._meta.label}.{relation.field.name}"
        for relation in Organisation._meta.related_objects
        if isinstance(relation.field, Field) and not relation.field.many_to_many
    }
    names |= {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_fields
        if model._meta.auto_created and field.related_model is Organisation
    }
    assert names - {MERGED} == {*FOLLOW, *STAYS}
    assert set(FOLLOW) & STAYS == set()


def test_what_belongs_to_one_belongs_to_the_other_and_back_again(client, administrator, gone, kept, city):
    current_scale()
    authority = AuthorityFactory(territory=city)
    ServiceFactory(organisation=gone, title="Meals")
    ServiceFactory(organisation=kept, title="Classes")
    for organisation in (gone, kept):
        Capacity.objects.create(organisation=organisation, side="need", kind="space")
    Capacity.objects.create(organisation=gone, side="offer", kind="training")
    partnership = PartnershipFactory(authority=authority, partners=[gone], territory=city)
    both = PartnershipFactory(authority=authority, partners=[gone, kept], territory=city)
    ContributionFactory(partnership=partnership, giver=gone, receiver=authority)
    table = CoordinationTableFactory(convenor=authority)
    Seat.objects.create(table=table, organisation=gone)
    VerificationFactory(organisation=gone)
    owner = MembershipFactory(organisation=gone).user
    before = state()
    merge = merged(gone, kept, administrator)
    assert set(kept.services.values_list("title", flat=True)) == {"Meals", "Classes"}
    assert sorted(kept.capacities.values_list("side", flat=True)) == ["need", "offer"]
    assert gone.capacities.get().side == "need", "the other has that already"
    assert PartnershipParty.objects.filter(organisation=kept).count() == 2
    assert both.parties.filter(organisation=gone).exists(), "both are parties to it"
    assert Contribution.objects.get().giver == kept
    assert table.seats.filter(organisation=kept).exists()
    assert gone.verifications.exists()
    assert not kept.memberships.exists(), "who registered it a second time does not become its owner"
    assert Email.objects.get().to == [owner.email]
    client.logout()
    assert client.get(gone.get_absolute_url()).url == kept.get_absolute_url()
    assert merging.undo_merge(merge=merge, by=administrator).undone_at is not None
    assert state() == before
    assert client.get(gone.get_absolute_url()).status_code == 200
    again = merged(gone, kept, administrator)
    assert again.pk != merge.pk


def test_undoing_leaves_what_came_later_and_what_is_no_more(administrator, gone, kept):
    moved = [ServiceFactory(organisation=gone, title=title) for title in ("Meals", "Beds")]
    merge = merged(gone, kept, administrator)
    Service.objects.filter(pk=moved[1].pk).delete()
    ServiceFactory(organisation=kept, title="New")
    merging.undo_merge(merge=merge, by=administrator)
    assert list(gone.services.values_list("title", flat=True)) == ["Meals"]
    assert list(kept.services.values_list("title", flat=True)) == ["New"]


def test_administrator_merges_and_undoes_in_the_browser(client, administrator, gone, kept):
    ServiceFactory(organisation=gone, title="Meals")
    page = reverse("organisation_merge", args=[gone.slug])
    assert "Merge two entries" in client.get(page).content.decode()
    assert client.post(page, {"kept_chosen": str(gone.pk), "kept": gone.name, "reason": "x"}).status_code == 200
    assert not OrganisationMerge.objects.exists()
    answer = client.post(page, {"kept_chosen": str(kept.pk), "kept": kept.name, "reason": "One telephone."})
    assert answer.url == reverse("organisation_manage", args=[kept.slug])
    assert "was merged into it" in client.get(answer.url).content.decode()
    body = client.get(reverse("organisation_manage", args=[gone.slug])).content.decode()
    assert "Undo the merge" in body
    assert "Reopen it" not in body
    with pytest.raises(ValidationError, match="Undo that instead"):
        oversight.reopen_organisation(organisation=gone, reason="x", by=administrator)
    merge = OrganisationMerge.objects.get()
    for _ in range(2):
        client.post(reverse("orgs:merge_undo", args=[merge.pk]))
    assert gone.services.get().title == "Meals"
    assert Organisation.objects.get(pk=gone.pk).closed_on is None


def test_reviewer_of_the_old_one_judges_the_new_one_no_more(administrator, gone, kept, city):
    reviewer = ReviewerFactory(territory=city)
    MembershipFactory(organisation=gone, user=reviewer, role=Membership.Role.VIEWER)
    assert kept not in Organisation.objects.own_of(reviewer)
    merge = merged(gone, kept, administrator)
    assert kept in Organisation.objects.own_of(reviewer)
    merging.undo_merge(merge=merge, by=administrator)
    assert kept not in Organisation.objects.own_of(reviewer)


def test_authorities_closed_ones_and_itself_are_not_merged_and_others_merge_nothing(administrator, gone, kept, raval):
    authority = AuthorityFactory()
    closed = OrganisationFactory(closed_on="2026-01-01", territory=raval)
    for one, other in ((authority, kept), (gone, authority), (closed, kept), (gone, closed), (gone, gone)):
        with pytest.raises(ValidationError):
            merged(one, other, administrator)
    merge = merged(gone, kept, administrator)
    with pytest.raises(ValidationError):
        merged(gone, kept, administrator)
    for person in (UserFactory(), ReviewerFactory(territory=raval), MembershipFactory(organisation=kept).user):
        with pytest.raises(PermissionDenied):
            merged(kept, gone, person)
        with pytest.raises(PermissionDenied):
            merging.undo_merge(merge=merge, by=person)


def test_one_into_which_another_was_merged_is_not_merged_away(administrator, gone, kept, raval):
    """Else nobody would see any more whose people are whose."""
    merged(gone, kept, administrator)
    with pytest.raises(ValidationError, match="Undo that first"):
        merged(kept, OrganisationFactory(territory=raval, published=True), administrator)


def test_reviewer_of_the_old_one_takes_no_measure_against_the_new_one(administrator, gone, kept, city):
    reviewer = ReviewerFactory(territory=city)
    MembershipFactory(organisation=gone, user=reviewer, role=Membership.Role.VIEWER)
    assert can_take_measure(reviewer, kept)
    merged(gone, kept, administrator)
    assert not can_take_measure(reviewer, kept)


def test_administrator_is_told_what_stayed(client, administrator, gone, kept):
    for organisation in (gone, kept):
        Capacity.objects.create(organisation=organisation, side="need", kind="space")
    form = {"kept_chosen": str(kept.pk), "kept": kept.name, "reason": "One telephone."}
    body = client.post(reverse("organisation_merge", args=[gone.slug]), form, follow=True).content.decode()
    assert "1 thing stays with the old entry" in body


def test_old_entry_says_to_who_may_still_see_it_where_it_goes_on(client, administrator, gone, kept):
    merged(gone, kept, administrator)
    body = client.get(gone.get_absolute_url()).content.decode()
    assert f'<a href="{kept.get_absolute_url()}">' in body.partition("It goes on as:")[2][:200]
    client.logout()
    assert client.get(gone.get_absolute_url()).headers["Location"] == kept.get_absolute_url()


def test_numbers_in_registers_follow_and_go_back():
    gone = OrganisationFactory(published=True, identifiers={"XP-A": "1", "XP-B": "2"})
    kept = OrganisationFactory(published=True, identifiers={"XP-B": "3"})
    by = UserFactory(is_staff=True)
    merge = merging.merge_organisations(gone=gone, kept=kept, follow=FOLLOW, reason="One and the same.", by=by)
    kept.refresh_from_db()
    assert kept.identifiers == {"XP-A": "1", "XP-B": "3"}
    holders = OrganisationIdentifier.objects.filter(is_open=True).values_list("scheme", "code", "organisation")
    assert {*holders} == {("XP-A", "1", kept.pk), ("XP-B", "3", kept.pk)}
    merging.undo_merge(merge=merge, by=by)
    assert {*holders.all()} == {("XP-A", "1", gone.pk), ("XP-B", "2", gone.pk), ("XP-B", "3", kept.pk)}


def placed(organisation):
    """Where it is, with all that is its own."""
    organisation.refresh_from_db()
    return {
        "seat": (organisation.territory, organisation.address_is_public),
        "works in": set(organisation.works_in.all()),
        "services": {one.title: set(one.territories.all()) for one in organisation.services.all()},
        "capacities": {one.kind: one.territory for one in organisation.capacities.all()},
        "opportunities": {one.title: one.territory for one in organisation.volunteer_opportunities.all()},
    }


def test_places_go_back_as_they_were_also_where_a_shelter_made_them_coarse(
    administrator, gone, kept, raval, old_town, city
):
    elsewhere = TerritoryFactory(name="Elsewhere")
    gone.works_in.set([elsewhere])
    kept.works_in.set([old_town])
    Organisation.objects.filter(pk=kept.pk).update(address="Rambla 1", address_is_public=True)
    ServiceFactory(organisation=gone, title="Beds", is_shelter=True)
    ServiceFactory(organisation=kept, title="Classes").territories.set([raval])
    Capacity.objects.create(organisation=kept, side="need", kind="space", territory=raval)
    VolunteerOpportunity.objects.create(organisation=kept, kind="regular", title="Garden", territory=raval)
    before = [placed(gone), placed(kept)]
    assert before[1]["seat"] == (raval, True)
    merge = merged(gone, kept, administrator)
    assert placed(kept)["seat"] == (city, False)
    assert placed(kept)["works in"] == {city, elsewhere}
    assert placed(kept)["services"]["Classes"] == {city}
    merging.undo_merge(merge=merge, by=administrator)
    assert [placed(gone), placed(kept)] == before


def test_what_somebody_changed_since_stays_when_a_merge_is_undone(administrator, gone, kept, raval, city):
    elsewhere, later = TerritoryFactory(), TerritoryFactory()
    gone.works_in.set([elsewhere])
    ServiceFactory(organisation=gone, title="Beds", is_shelter=True)
    merge = merged(gone, kept, administrator)
    kept.works_in.add(later)
    Organisation.objects.filter(pk=kept.pk).update(territory=later)
    merging.undo_merge(merge=merge, by=administrator)
    assert placed(kept)["seat"] == (later, False)
    assert placed(kept)["works in"] == {later}


def test_kept_one_that_shelters_by_now_stays_coarse(administrator, gone, kept, raval, city):
    ServiceFactory(organisation=gone, title="Beds", is_shelter=True)
    merge = merged(gone, kept, administrator)
    ServiceFactory(organisation=kept, title="Own beds", is_shelter=True)
    merging.undo_merge(merge=merge, by=administrator)
    assert placed(kept)["seat"] == (city, False)


def test_kept_one_that_shelters_by_now_gives_back_what_is_no_smaller_than_a_municipality(
    administrator, gone, kept, raval, city
):
    elsewhere, part = TerritoryFactory(), TerritoryFactory(kind="neighbourhood", parent=city)
    gone.works_in.set([elsewhere])
    kept.works_in.set([raval])
    Capacity.objects.create(organisation=kept, side="need", kind="space", territory=part)
    merge = merged(gone, kept, administrator)
    assert placed(kept)["works in"] == {raval, elsewhere}
    ServiceFactory(organisation=kept, title="Own beds", is_shelter=True)
    merge.refresh_from_db()
    assert merge.places == {f"works in:{kept.pk}": [[city.pk], sorted([city.pk, elsewhere.pk])]}
    merging.undo_merge(merge=merge, by=administrator)
    assert placed(kept)["works in"] == {city}


def parents_of(organisation):
    return {affiliation.parent for affiliation in organisation.affiliations.confirmed()}


def test_networks_and_vouchings_given_follow_and_go_back(administrator, gone, kept):
    network, branch = OrganisationFactory(published=True), OrganisationFactory(published=True)
    for organisation, parent in ((gone, network), (gone, kept), (branch, gone)):
        AffiliationFactory(organisation=organisation, parent=parent)
    group = OrganisationFactory(published=True, kind="informal_group")
    giver = MembershipFactory(organisation=gone).user
    Vouching.objects.create(
        group=group, voucher=gone, state="given", words="Our neighbours.", given_by=giver, given_at=timezone.now()
    )
    merge = merged(gone, kept, administrator)
    assert parents_of(kept) == {network}, "nobody is a member of itself"
    assert set(kept.affiliates.live().values_list("organisation", flat=True)) == {gone.pk, branch.pk}
    assert kept.affiliates.confirmed().get().organisation == gone, "who leads it has not confirmed the branch"
    assert group.vouchings.get().voucher == kept
    merging.undo_merge(merge=merge, by=administrator)
    assert parents_of(gone) == {network, kept}
    assert branch.affiliations.live().get().parent == gone
    assert group.vouchings.get().voucher == gone


@pytest.mark.parametrize("whose", ["gone", "kept"])
@pytest.mark.parametrize("kind", ["suspension", "withdrawal"])
def test_one_under_a_measure_is_not_merged(administrator, gone, kept, raval, whose, kind):
    """Else what the measure hides would be public under the other name."""
    judged = {"gone": gone, "kept": kept}[whose]
    take_measure(organisation=judged, kind=kind, reasons="Nobody is there.", by=ReviewerFactory(territory=raval))
    with pytest.raises(ValidationError, match="A measure is in force"):
        merged(gone, kept, administrator)
    assert not OrganisationMerge.objects.exists()
