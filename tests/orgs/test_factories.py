import pytest

from orgs.models import Organisation, Verification
from tests import factories


@pytest.mark.django_db
@pytest.mark.parametrize(
    "factory",
    [
        factories.UserFactory,
        factories.DomainFactory,
        factories.TerritoryFactory,
        factories.OrganisationFactory,
        factories.AuthorityFactory,
        factories.MembershipFactory,
        factories.ServiceFactory,
        factories.VerificationFactory,
    ],
)
def test_factory_makes_something_valid(factory):
    factory().full_clean()
    factory()


@pytest.mark.django_db
def test_reviewer_sees_what_waits_in_the_territory():
    waiting = factories.VerificationFactory()
    reviewer = factories.ReviewerFactory(territory=waiting.organisation.territory)
    assert list(Verification.objects.reviewable_by(reviewer)) == [waiting]
    assert not Verification.objects.reviewable_by(factories.ReviewerFactory()).exists()


@pytest.mark.django_db
def test_published_organisation_is_public():
    factories.OrganisationFactory()
    shown = factories.OrganisationFactory(published=True)
    assert list(Organisation.objects.published()) == [shown]
