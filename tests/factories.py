"""Valid minima of the registry's things. The other apps keep theirs in files of their own beside this one."""

from typing import Any

import factory
from allauth.account.models import EmailAddress
from django.utils import timezone
from factory.django import DjangoModelFactory

from orgs.models import (
    Affiliation,
    Domain,
    Membership,
    Organisation,
    ProposedChange,
    ReviewerAppointment,
    Service,
    ServiceType,
    Territory,
    TerritoryScheme,
    User,
    Verification,
)
from orgs.vocabulary import Kind, LevelOfGovernment, Tier


class UserFactory(DjangoModelFactory[User]):
    """A person with a confirmed address and the password "password"; `email_verified=False` leaves it unconfirmed."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = "password"

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return model_class.objects.create_user(*args, **fields)

    @factory.post_generation
    def email_verified(self, create: bool, extracted: bool | None, **_: Any) -> None:
        if create:
            EmailAddress.objects.create(user=self, email=self.email, primary=True, verified=extracted is not False)


class DomainFactory(DjangoModelFactory[Domain]):
    class Meta:
        model = Domain

    code = factory.Sequence(lambda n: f"X{n}")
    slug = factory.Sequence(lambda n: f"domain-{n}")
    order = factory.Sequence(lambda n: 100 + n)
    name = factory.Sequence(lambda n: f"Domain {n}")


class TerritorySchemeFactory(DjangoModelFactory[TerritoryScheme]):
    class Meta:
        model = TerritoryScheme
        django_get_or_create = ["code"]

    code = "test-land"
    name = "Test land"


class TerritoryFactory(DjangoModelFactory[Territory]):
    class Meta:
        model = Territory

    scheme = factory.SubFactory(TerritorySchemeFactory)
    code = factory.Sequence(lambda n: f"T{n}")
    name = factory.Sequence(lambda n: f"Town {n}")
    kind = Territory.Kind.MUNICIPALITY


class OrganisationFactory(DjangoModelFactory[Organisation]):
    """An association that nobody has verified yet; with `published=True` one that the directory shows."""

    class Meta:
        model = Organisation

    class Params:
        published = factory.Trait(tier=Tier.CONTACT, verified_at=factory.LazyFunction(timezone.now))

    kind = Kind.ASSOCIATION
    territory = factory.SubFactory(TerritoryFactory)
    name = factory.Sequence(lambda n: f"Organisation {n}")
    slug = factory.Sequence(lambda n: f"organisation-{n}")
    reference = factory.Sequence(lambda n: f"ORG-T{n:05}")


class AuthorityFactory(OrganisationFactory):
    """A town hall, as an administrator admits it: published from the start."""

    published = True
    kind = Kind.AUTHORITY
    level_of_government = LevelOfGovernment.LOCAL
    name = factory.Sequence(lambda n: f"Town hall {n}")
    slug = factory.Sequence(lambda n: f"town-hall-{n}")


class MembershipFactory(DjangoModelFactory[Membership]):
    """The owner of an association; say `role` and `organisation` for another part."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    role = Membership.Role.OWNER


class AffiliationFactory(DjangoModelFactory[Affiliation]):
    """That an organisation is a member of another one, which an owner of that has accepted; with `proposed=True` nobody has answered."""

    class Meta:
        model = Affiliation

    class Params:
        proposed = factory.Trait(accepted_by=None, accepted_at=None)

    organisation = factory.SubFactory(OrganisationFactory, published=True)
    parent = factory.SubFactory(OrganisationFactory, published=True)
    kind = Affiliation.Kind.MEMBER
    accepted_by = factory.LazyAttribute(
        lambda made: MembershipFactory(organisation=made.parent, role=leading(made.parent)).user
    )
    accepted_at = factory.LazyFunction(timezone.now)


def leading(organisation: Organisation) -> str:
    return Membership.Role.MANAGER if organisation.is_authority else Membership.Role.OWNER


class ReviewerAppointmentFactory(DjangoModelFactory[ReviewerAppointment]):
    class Meta:
        model = ReviewerAppointment

    user = factory.SubFactory(UserFactory)
    territory = factory.SubFactory(TerritoryFactory)


class ReviewerFactory(UserFactory):
    """A person appointed as reviewer; say `territory` for where."""

    @factory.post_generation
    def territory(self, create: bool, extracted: Territory | None, **_: Any) -> None:
        if create:
            ReviewerAppointmentFactory(user=self, **({"territory": extracted} if extracted else {}))


class ServiceTypeFactory(DjangoModelFactory[ServiceType]):
    class Meta:
        model = ServiceType

    code = factory.Sequence(lambda n: f"type-{n}")
    domain = factory.SubFactory(DomainFactory)
    order = factory.Sequence(lambda n: 1000 + n)
    name = factory.Sequence(lambda n: f"Type {n}")


class ServiceFactory(DjangoModelFactory[Service]):
    class Meta:
        model = Service

    organisation = factory.SubFactory(OrganisationFactory, published=True)
    domain = factory.SubFactory(DomainFactory)
    title = factory.Sequence(lambda n: f"Service {n}")
    telephone = "600 000 000"
    """Without a way to reach it nobody is shown it."""


class ProposedChangeFactory(DjangoModelFactory[ProposedChange]):
    """A name that a verified organisation would like to have."""

    class Meta:
        model = ProposedChange

    organisation = factory.SubFactory(OrganisationFactory, published=True)
    facts = factory.LazyAttribute(
        lambda change: {"name": [change.organisation.name, f"{change.organisation.name} anew"]}
    )
    proposed_by = factory.SubFactory(UserFactory)


class VerificationFactory(DjangoModelFactory[Verification]):
    """An organisation that waits for a reviewer."""

    class Meta:
        model = Verification

    organisation = factory.SubFactory(OrganisationFactory)
