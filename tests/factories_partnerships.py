"""Valid minima of the partnerships' things, on top of the registry's factories."""

import datetime
from typing import Any

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from factory.django import DjangoModelFactory

from orgs.models import Organisation, User
from partnerships.engagement.loading import load_scale
from partnerships.models import (
    Activity,
    Assessment,
    Contribution,
    CoordinationTable,
    Criterion,
    Document,
    Evidence,
    Level,
    Partnership,
    PartnershipParty,
    Practice,
    Scale,
)
from partnerships.records.actions import add_document
from partnerships.vocabulary import (
    ActivityKind,
    ContributionKind,
    DocumentKind,
    PartnershipKind,
    PartnershipState,
    PartyAnswer,
    PartyRole,
    Stage,
)
from tests.factories import AuthorityFactory, DomainFactory, OrganisationFactory, TerritoryFactory, UserFactory

PDF = b"%PDF-1.7\n%sample\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def current_scale() -> Scale:
    return Scale.objects.filter(is_current=True).first() or load_scale()


def level(code: str) -> Level:
    return Level.objects.get(scale=current_scale(), code=code)


def criterion(code: str) -> Criterion:
    return Criterion.objects.get(level__scale=current_scale(), code=code)


class PartnershipFactory(DjangoModelFactory[Partnership]):
    """An active partnership of an authority and one verified organisation that confirmed it; `authority`, `partners` and `state`
    say otherwise."""

    class Meta:
        model = Partnership
        skip_postgeneration_save = True

    kind = PartnershipKind.SERVICES
    state = PartnershipState.ACTIVE
    territory = factory.SubFactory(TerritoryFactory)
    promised = factory.LazyFunction(lambda: level("involve"))
    reference = factory.Sequence(lambda n: f"PAR-T{n:05}")
    title = factory.Sequence(lambda n: f"Partnership {n}")
    starts_on = datetime.date(2025, 1, 1)

    @factory.post_generation
    def authority(self, create: bool, extracted: Organisation | None, **_: Any) -> None:
        PartyFactory(
            partnership=self,
            organisation=extracted or AuthorityFactory(territory=self.territory),
            role=PartyRole.AUTHORITY,
            answer=PartyAnswer.CONFIRMED,
        )

    @factory.post_generation
    def partners(self, create: bool, extracted: list[Organisation] | None, **_: Any) -> None:
        for organisation in extracted or [OrganisationFactory(published=True)]:
            agreed = self.state in (PartnershipState.ACTIVE, PartnershipState.ENDED)
            PartyFactory(
                partnership=self,
                organisation=organisation,
                answer=PartyAnswer.CONFIRMED if agreed else PartyAnswer.WAITING,
            )

    @factory.post_generation
    def domains(self, create: bool, extracted: list[Any] | None, **_: Any) -> None:
        self.domains.set(extracted or [DomainFactory()])


class PartyFactory(DjangoModelFactory[PartnershipParty]):
    class Meta:
        model = PartnershipParty

    partnership = factory.SubFactory(PartnershipFactory)
    organisation = factory.SubFactory(OrganisationFactory, published=True)
    role = PartyRole.PARTNER
    answer = PartyAnswer.WAITING
    note = factory.LazyAttribute(lambda party: "Not so." if party.answer == PartyAnswer.DISPUTED else "")
    answered_at = factory.LazyAttribute(lambda party: None if party.answer == PartyAnswer.WAITING else timezone.now())


class ActivityFactory(DjangoModelFactory[Activity]):
    class Meta:
        model = Activity

    partnership = factory.SubFactory(PartnershipFactory)
    kind = ActivityKind.BRIEFING
    stage = Stage.PLANNING
    title = factory.Sequence(lambda n: f"Activity {n}")
    held_on = datetime.date(2025, 3, 1)


class ContributionFactory(DjangoModelFactory[Contribution]):
    """From the authority to its first partner."""

    class Meta:
        model = Contribution

    partnership = factory.SubFactory(PartnershipFactory)
    giver = factory.LazyAttribute(lambda row: row.partnership.authority)
    receiver = factory.LazyAttribute(lambda row: row.partnership.partner_parties[0].organisation)
    kind = ContributionKind.SPACE
    description = factory.Sequence(lambda n: f"Contribution {n}")
    given_on = datetime.date(2025, 3, 1)


def make_document(partnership: Partnership, content: bytes = b"", **fields: Any) -> Document:
    """Through the action, so that the file is really there."""
    number = Document.objects.count()
    defaults: dict[str, Any] = {
        "kind": DocumentKind.MINUTES,
        "stage": Stage.PLANNING,
        "title": f"Document {number}",
        "dated_on": datetime.date(2025, 3, 1),
        "file": SimpleUploadedFile("paper.pdf", content or PDF + str(number).encode()),
        "by": fields.pop("by", None) or UserFactory(),
    }
    return add_document(partnership=partnership, **{**defaults, **fields})


class AssessmentFactory(DjangoModelFactory[Assessment]):
    """A draft for the year 2025."""

    class Meta:
        model = Assessment

    partnership = factory.SubFactory(PartnershipFactory)
    scale = factory.LazyFunction(current_scale)
    starts_on = datetime.date(2025, 1, 1)
    ends_on = datetime.date(2025, 12, 31)


class EvidenceFactory(DjangoModelFactory[Evidence]):
    class Meta:
        model = Evidence

    assessment = factory.SubFactory(AssessmentFactory)
    criterion = factory.LazyFunction(lambda: criterion("I1"))
    activity = factory.LazyAttribute(
        lambda row: (
            None
            if getattr(row, "document", None) or getattr(row, "contribution", None)
            else ActivityFactory(partnership=row.assessment.partnership)
        )
    )


class PracticeFactory(DjangoModelFactory[Practice]):
    class Meta:
        model = Practice

    slug = factory.Sequence(lambda n: f"practice-{n}")
    name = factory.Sequence(lambda n: f"Practice {n}")
    summary = "What it does."


class CoordinationTableFactory(DjangoModelFactory[CoordinationTable]):
    class Meta:
        model = CoordinationTable

    territory = factory.SubFactory(TerritoryFactory)
    convenor = factory.SubFactory(AuthorityFactory)
    slug = factory.Sequence(lambda n: f"table-{n}")
    name = factory.Sequence(lambda n: f"Table {n}")


def person_in(organisation: Organisation, role: str) -> User:
    user: User = UserFactory()
    user.memberships.create(organisation=organisation, role=role)
    return user
