"""A small world: a town hall and its partner, with one person in every role, and the reviewers."""

import copy
import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
from django.db import transaction
from django.http import FileResponse

from orgs.models import Membership, Organisation, Territory, User
from partnerships.engagement.loading import load_scale
from partnerships.models import Partnership, PartnershipParty, Scale
from tests.factories import (
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    TerritoryFactory,
    UserFactory,
)
from tests.factories_partnerships import PartnershipFactory, current_scale, person_in
from tests.settled import settle

Role = Membership.Role


@dataclass
class World:
    city: Territory
    district: Territory
    authority: Organisation
    partner: Organisation
    other: Organisation
    """An organisation that has no part in it."""
    manager: User
    officer: User
    steward: User
    authority_viewer: User
    owner: User
    editor: User
    partner_viewer: User
    outsider: User
    """Owner of another organisation."""
    other_officer: User
    """Officer of another authority."""
    reviewer: User
    own_reviewer: User
    """Appointed for the place, and an officer of the authority."""
    far_reviewer: User
    administrator: User

    def partnership(self, **fields: object) -> Partnership:
        made: Partnership = PartnershipFactory(
            **{"territory": self.district, "authority": self.authority, "partners": [self.partner], **fields}
        )
        return made

    def party(self, partnership: Partnership) -> PartnershipParty:
        return partnership.parties.get(organisation=self.partner)

    def people(self) -> dict[str, User]:
        return {name: value for name, value in vars(self).items() if isinstance(value, User)}


def make_world() -> World:
    """With the scale of engagement that is in use."""
    load_scale()
    city = TerritoryFactory(name="Riverton")
    district = TerritoryFactory(name="Old Harbour", parent=city, kind=Territory.Kind.DISTRICT)
    authority = AuthorityFactory(name="Riverton town hall", territory=city)
    partner = OrganisationFactory(name="Open Door", territory=district, published=True)
    other = OrganisationFactory(name="Far Shore", territory=district, published=True)
    own_reviewer = ReviewerFactory(territory=city)
    MembershipFactory(user=own_reviewer, organisation=authority, role=Role.OFFICER)
    return World(
        city=city,
        district=district,
        authority=authority,
        partner=partner,
        other=other,
        manager=person_in(authority, Role.MANAGER),
        officer=person_in(authority, Role.OFFICER),
        steward=person_in(authority, Role.STEWARD),
        authority_viewer=person_in(authority, Role.VIEWER),
        owner=person_in(partner, Role.OWNER),
        editor=person_in(partner, Role.EDITOR),
        partner_viewer=person_in(partner, Role.VIEWER),
        outsider=person_in(other, Role.OWNER),
        other_officer=person_in(AuthorityFactory(name="Far town hall"), Role.OFFICER),
        reviewer=ReviewerFactory(territory=city),
        own_reviewer=own_reviewer,
        far_reviewer=ReviewerFactory(),
        administrator=UserFactory(is_staff=True, is_superuser=True),
    )


@pytest.fixture(scope="module")
def module_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Built once for the tests of a module, and gone after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        settle()
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(module_world: World, db: None) -> World:
    """A test's own copy of it: what it changes, here and in the database, is undone after it."""
    return copy.deepcopy(module_world)


@pytest.fixture
def scale(world: World) -> Scale:
    return current_scale()


PERIOD = {"starts_on": datetime.date(2025, 1, 1), "ends_on": datetime.date(2025, 12, 31)}


def content_of(response: FileResponse) -> bytes:
    """Of a download. Django's test client closes the file when all of it has been read, and not before."""
    return b"".join(cast("Iterable[bytes]", response.streaming_content))
