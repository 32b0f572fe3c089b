"""Authorities come in by an administrator, with somebody who manages them."""

from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.db import transaction

from orgs.members import actions as members
from orgs.models import Membership, Organisation, Territory, User
from orgs.organisations import actions as organisations
from orgs.vocabulary import Kind


@transaction.atomic
def add_authority(
    *,
    name: str,
    kind: str = Kind.AUTHORITY,
    level_of_government: str,
    territory: Territory,
    website: str = "",
    public_email: str = "",
    met: Collection[str],
    reasons: str,
    manager: str = "",
    language: str | None = None,
    by: User,
) -> Organisation:
    """Public and verified at once, on the word of the administrator; `manager` is the address of its first one, who is invited."""
    if not by.is_staff:
        raise PermissionDenied
    authority = organisations.admit_organisation(
        name=name,
        kind=kind,
        level_of_government=level_of_government,
        territory=territory,
        website=website,
        public_email=public_email,
        works_in=[territory],
        met=met,
        reasons=reasons,
        by=by,
    )
    if manager:
        members.invite_member(
            organisation=authority, email=manager, role=Membership.Role.MANAGER, language=language, by=by
        )
    return authority
