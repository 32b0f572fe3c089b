"""The standard list of groups, as administrators keep it: dimensions, their categories, and which of these are the same people.

Words and order change at any time. What decides how groups add up is refused where figures that are there would add up differently, and
what protects people is weakened by an express word only. What came with the software and was changed here stays as it was changed.
"""

from collections.abc import Sequence
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from indicators.catalogue.breakdowns import add_up_differently
from indicators.locks import Lock, claim_until_commit
from indicators.models import Breakdown, Category, Dimension, Identity, ReportRequest
from indicators.releases.linked_tables import CategoryLinks
from orgs.domains.actions import refuse_others
from orgs.models import User

Row = TypeVar("Row", bound=Model)

STRUCTURE = ("parent_id", "is_part", "is_beside")
"""What decides which categories add up to which."""


@transaction.atomic
def save_dimension(*, dimension: Dimension, agrees: bool = False, by: User) -> Dimension:
    """Adds or changes one. `agrees`: its groups may be protected less from the next release on."""
    refuse_others(by)
    stored = _locked(Dimension, dimension)
    _refuse_weaker(stored is not None and stored.is_sensitive and not dimension.is_sensitive, agrees)
    dimension.full_clean()
    dimension.save()
    return dimension


@transaction.atomic
def delete_dimension(*, dimension: Dimension, by: User) -> None:
    """Only as long as nothing refers to it."""
    refuse_others(by)
    stored = Dimension.objects.select_for_update().filter(pk=dimension.pk).first()
    if stored is None:
        return  # Somebody else has deleted it.
    if uses_of_dimension(stored):
        raise ValidationError(_("It is still used, so it cannot be deleted."))
    stored.delete()


def uses_of_dimension(dimension: Dimension) -> list[tuple[str, int]]:
    """What refers to it, with its number."""
    return _counted(
        dimension.categories.all(),
        dimension.indicators.all(),
        Identity.objects.filter(own_country_in=dimension),
        ReportRequest.objects.filter(dimension=dimension),
    )


@transaction.atomic
def save_category(*, category: Category, agrees: bool = False, by: User) -> Category:
    """Adds or changes one. `agrees`: it may be protected less from the next release on."""
    refuse_others(by)
    _claim_standard_list()
    _locked(Dimension, category.dimension)
    stored = _locked(Category, category)
    loses_country = bool(stored and stored.country_code and stored.country_code != category.country_code)
    loses_mark = bool(stored and stored.is_sensitive and not category.is_sensitive)
    _refuse_weaker(loses_country or loses_mark, agrees)
    _refuse_parent(category)
    is_moved = stored is None or any(getattr(stored, name) != getattr(category, name) for name in STRUCTURE)
    is_relied_on = stored is not None and _is_protected_by_its_place(stored)
    banded = CategoryLinks.now().banded
    category.full_clean()
    category.save()
    if is_moved and (add_up_differently() or _loses_bands(banded, category.dimension)):
        raise ValidationError(
            {
                "role": _(
                    "There are figures of this dimension, and they would add up differently. Choose “only where a source "
                    "reports it” or “not added up”, or leave it where it is."
                )
            }
        )
    if is_moved and is_relied_on:
        raise ValidationError({"role": _said_of_use()})
    return category


@transaction.atomic
def delete_category(*, category: Category, by: User) -> None:
    """Only as long as no figure can be of it, and the figures of others add up as before without it."""
    refuse_others(by)
    _claim_standard_list()
    stored = Category.objects.select_for_update().filter(pk=category.pk).first()
    if stored is None:
        return  # Somebody else has deleted it.
    if uses_of_category(stored):
        raise ValidationError(_("It is still used, so it cannot be deleted."))
    if _is_protected_by_its_place(stored):
        raise ValidationError(_said_of_use())
    banded = CategoryLinks.now().banded
    stored.delete()
    if add_up_differently() or _loses_bands(banded, stored.dimension):
        raise ValidationError(
            _("There are figures of the other groups of its set. Without it they would count as all of the set.")
        )


def uses_of_category(category: Category) -> list[tuple[str, int]]:
    """What refers to it, with its number."""
    same = Identity.objects.filter(Q(whole=category) | Q(parts=category)).distinct()
    return _counted(category.breakdowns.all(), category.children.all(), same)


@transaction.atomic
def add_identity(*, identity: Identity, parts: Sequence[Category], by: User) -> Identity:
    """From the next release on the two are known to be the same people, so that a hidden figure does not stand under the other name."""
    refuse_others(by)
    _claim_standard_list()
    if identity.own_country_in is not None:
        _locked(Dimension, identity.own_country_in)
    named = {identity.whole_id, *(part.pk for part in parts)}
    if Category.objects.select_for_update().filter(pk__in=named).count() < len(named):
        raise ValidationError(_("Somebody has deleted one of these categories."))
    if identity.whole_id in {part.pk for part in parts}:
        raise ValidationError({"made_of": _("A category is not made of itself.")})
    names_own = any(part.dimension_id == identity.own_country_in_id and part.country_code for part in parts)
    if names_own or identity.own_country_in_id == identity.whole.dimension_id:
        raise ValidationError({"own_country_in": _("A category is not made of itself.")})
    if not parts and identity.own_country_in is None:
        raise ValidationError({"made_of": _("Say what the category is made of.")})
    identity.full_clean()
    identity.save()
    identity.parts.set(parts)
    return identity


def delete_identity(*, identity: Identity, by: User) -> None:
    """From the next release on, nothing is known of the two."""
    refuse_others(by)
    Identity.objects.filter(pk=identity.pk).delete()


def _locked(model: type[Row], row: Row) -> Row | None:
    """What is stored of it; None where it is new."""
    if not row.pk:
        return None
    stored = model._default_manager.select_for_update().filter(pk=row.pk).first()
    if stored is None:
        raise ValidationError(_("Somebody has deleted this."))
    return stored


def _is_protected_by_its_place(category: Category) -> bool:
    """Whether a release protects anybody by where it stands: as a group of figures that are there, itself or one within it, or as a country's
    own people, of whom others are known to be made."""
    if category.country_code and Identity.objects.filter(own_country_in=category.dimension_id).exists():
        return True
    within, nearest = {category.pk}, {category.pk}
    while nearest:
        nearest = set(Category.objects.filter(parent__in=nearest).values_list("pk", flat=True)) - within
        within |= nearest
    return Breakdown.objects.filter(categories__in=within).exists()


def _loses_bands(before: dict[str, bool], dimension: Dimension) -> bool:
    """Whether bands cover all ages, or everybody, no longer, though figures of them are there: a release would not tie them to the total."""
    tied = [None, False, True]
    is_less = tied.index(CategoryLinks.now().banded.get(dimension.code)) < tied.index(before.get(dimension.code))
    return is_less and Breakdown.objects.filter(categories__dimension=dimension).exists()


def _said_of_use() -> str:
    return _(
        "Figures rely on where it stands: by this change, people in them could be recognised. Leave it where it is."
    )


def _claim_standard_list() -> None:
    if not claim_until_commit(Lock.STANDARD_LIST):
        raise ValidationError(_("Figures are being brought in at the moment. Try again in a few minutes."))


def _refuse_weaker(is_weaker: bool, agrees: bool) -> None:
    if is_weaker and not agrees:
        raise ValidationError(
            {"agrees": _("This protects people less from the next release on. Tick this box if that is what you want.")}
        )


def _refuse_parent(category: Category) -> None:
    above = category.parent
    if above is not None and above.dimension_id != category.dimension_id:
        raise ValidationError({"parent": _("Choose a category of the same dimension.")})
    while above is not None:
        if above.pk == category.pk:
            raise ValidationError({"parent": _("A category does not lie within itself.")})
        above = above.parent


def _counted(*rows: QuerySet[Model]) -> list[tuple[str, int]]:
    found = ((str(each.model._meta.verbose_name_plural), each.count()) for each in rows)
    return [(name, count) for name, count in found if count]
