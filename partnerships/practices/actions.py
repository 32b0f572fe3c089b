from collections.abc import Iterable, Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from orgs.models import Domain, User
from orgs.naming import slug_for
from partnerships.agreements.actions import locked, refuse_unless
from partnerships.models import Level, Partnership, Practice
from partnerships.permissions import can_keep_practices


@transaction.atomic
def add_practice(
    *,
    name: str,
    summary: str,
    domains: Iterable[Domain],
    level: Level | None = None,
    place: str = "",
    countries: Sequence[str] = (),
    actors: str = "",
    theme: str = "",
    by: User,
) -> Practice:
    """Adds a good practice to the library, for everybody to read."""
    slug = slug_for(name, otherwise="")
    refuse_unless(bool(slug), _("The name needs at least one letter."))
    refuse_unless(not Practice.objects.filter(slug=slug).exists(), _("There is already a good practice of that name."))
    practice = Practice(
        slug=slug,
        name=name,
        summary=summary,
        level=level,
        place=place,
        countries=list(countries),
        actors=actors,
        theme=theme,
    )
    practice.full_clean()
    practice.save()
    practice.domains.set(domains)
    return practice


@transaction.atomic
def update_practice(*, practice: Practice, domains: Iterable[Domain], by: User) -> Practice:
    """Its address stays, since people have written it down. What came with the software and was changed here stays as it was changed."""
    if not can_keep_practices(by):
        raise PermissionDenied
    practice.full_clean(exclude=["summary"])  # Each language has its own, and one of them is enough.
    practice.save()
    practice.domains.set(domains)
    return practice


@transaction.atomic
def delete_practice(*, practice: Practice, by: User) -> None:
    """The partnerships that follow it go on without it."""
    if not can_keep_practices(by):
        raise PermissionDenied
    practice.delete()


@transaction.atomic
def link_practice(*, practice: Practice, partnership: Partnership, by: User) -> None:
    """Says that the partnership follows the practice. Doing so twice is the same as once."""
    locked(partnership).practices.add(practice)
