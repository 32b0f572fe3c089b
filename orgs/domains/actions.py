"""The domains of the portal, as administrators keep them. What came with the software and was changed here stays as it was changed."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from orgs.models import Domain, User
from orgs.naming import slugs_for
from orgs.permissions import is_administrator


def refuse_others(by: User) -> None:
    if not is_administrator(by):
        raise PermissionDenied


@transaction.atomic
def add_domain(*, domain: Domain, by: User) -> Domain:
    """One that is not stored yet; its address follows from its name."""
    refuse_others(by)
    taken = set(Domain.objects.values_list("slug", flat=True))
    addresses = (slug[:40].strip("-") for slug in slugs_for(domain.name, otherwise=domain.code))
    domain.slug = next(slug for slug in addresses if slug not in taken)
    return save_domain(domain=domain, by=by)


@transaction.atomic
def save_domain(*, domain: Domain, by: User) -> Domain:
    refuse_others(by)
    domain.full_clean()
    domain.save()
    return domain


def uses_of(domain: Domain) -> list[tuple[str, int]]:
    """What refers to it, of whatever app, with its number."""
    found = []
    for relation in Domain._meta.related_objects:
        if relation.many_to_many and not relation.through._meta.auto_created:  # type: ignore[attr-defined]
            continue  # Its rows are a model of their own, which is here as well.
        model: type[Model] = relation.related_model
        count = model._default_manager.filter(**{relation.field.name: domain}).count()
        if count:
            found.append((str(model._meta.verbose_name_plural), count))
    return found


@transaction.atomic
def delete_domain(*, domain: Domain, by: User) -> None:
    """Only as long as nothing refers to it."""
    refuse_others(by)
    Domain.objects.select_for_update().get(pk=domain.pk)
    if uses_of(domain):
        raise ValidationError(_("It is still used, so it cannot be deleted."))
    domain.delete()
