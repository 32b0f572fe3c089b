"""Breakdowns and the margins that they add up to.

A breakdown is written `age=Y0-4&sex=F`: its dimensions in alphabetical order, "" for the total. Its wholes are found by taking one
category to its parent (or away, where it has none): women of 0 to 4 belong to women of 0 to 14, and to everyone of 0 to 4.
"""

from collections.abc import Container, Iterable, Mapping

from django.db import transaction

from indicators.locks import Lock, share_until_commit
from indicators.models import Breakdown, BreakdownMargin, Category


def key_of(categories: Mapping[str, str]) -> str:
    """The key of {dimension: category}."""
    return "&".join(f"{dimension}={category}" for dimension, category in sorted(categories.items()))


def parse_key(key: str) -> dict[str, str]:
    """{dimension: category} of a key."""
    return dict(part.split("=", 1) for part in key.split("&")) if key else {}


class CategoryTree:
    """The standard list in memory, to place breakdowns in it."""

    def __init__(self) -> None:
        categories = list(Category.objects.select_related("dimension"))
        self.by_code = {(category.dimension.code, category.code): category for category in categories}
        self.by_id = {category.pk: category for category in categories}
        self.set_sizes: dict[tuple[int, int | None], int] = {}
        for category in categories:
            if category.is_part:
                place = (category.dimension_id, category.parent_id)
                self.set_sizes[place] = self.set_sizes.get(place, 0) + 1

    def depth(self, category: Category) -> int:
        return 1 if category.parent_id is None else 1 + self.depth(self.by_id[category.parent_id])

    def rank(self, key: str) -> int:
        """The steps from a breakdown up to the total."""
        return sum(self.depth(self.by_code[item]) for item in parse_key(key).items())

    def wholes(self, key: str) -> Iterable[tuple[str, int, int, bool]]:
        """For each dimension in which `key` is one of a complete set, or beside one: the whole's key, the dimension's id, the size of the set
        without what is beside it, and whether `key` is.
        """
        parts = parse_key(key)
        for dimension, code in parts.items():
            category = self.by_code[dimension, code]
            size = self.set_sizes.get((category.dimension_id, category.parent_id), 0)
            if not size or not (category.is_part or category.is_beside):
                continue
            rest = {name: value for name, value in parts.items() if name != dimension}
            if category.parent_id is not None:
                rest[dimension] = self.by_id[category.parent_id].code
            yield key_of(rest), category.dimension_id, size, category.is_beside


def ensure_breakdowns(keys: Iterable[str]) -> dict[str, int]:
    """Makes the breakdowns named by `keys` and all their wholes, where they are not there yet; {key: id} of those asked for.

    Keys must be made of known categories: KeyError otherwise.
    """
    keys = set(keys)
    known = dict(Breakdown.objects.values_list("key", "pk"))
    if not keys <= known.keys():
        with transaction.atomic():
            share_until_commit(Lock.STANDARD_LIST)
            known = _place(CategoryTree(), keys - known.keys(), known.keys())
    return {key: known[key] for key in keys}


def add_up_differently() -> bool:
    """Whether any breakdown adds up differently by the standard list as it is now than by the one in which it was placed."""
    tree = CategoryTree()
    margins = BreakdownMargin.objects.values_list("part__key", "whole__key", "dimension_id", "set_size", "is_beside")
    keys = Breakdown.objects.values_list("key", flat=True)
    return {(key, *whole) for key in keys for whole in tree.wholes(key)} != set(margins)


def place_anew() -> bool:
    """Places all breakdowns again after the standard list has changed; whether any of them now adds up differently."""
    if not add_up_differently():
        return False
    BreakdownMargin.objects.all().delete()
    _place(CategoryTree(), Breakdown.objects.values_list("key", flat=True), ())
    return True


def _place(tree: CategoryTree, keys: Iterable[str], placed: Container[str]) -> dict[str, int]:
    """Makes the breakdowns and what they add up to, as far as it is not among those `placed`; {key: id} of all there are."""
    links: dict[str, list[tuple[str, int, int, bool]]] = {}
    waiting = set(keys)
    while waiting:
        links |= {key: list(tree.wholes(key)) for key in waiting}
        wholes = {whole for key in waiting for whole, *_rest in links[key]}
        waiting = {whole for whole in wholes if whole not in links and whole not in placed}
    Breakdown.objects.bulk_create(
        [Breakdown(key=key, rank=tree.rank(key)) for key in sorted(links)],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["rank"],
    )
    known = dict(Breakdown.objects.values_list("key", "pk"))
    through = Breakdown.categories.through
    through.objects.bulk_create(
        [
            through(breakdown_id=known[key], category_id=tree.by_code[item].pk)
            for key in links
            for item in parse_key(key).items()
        ],
        ignore_conflicts=True,
    )
    BreakdownMargin.objects.bulk_create(
        [
            BreakdownMargin(
                part_id=known[key], whole_id=known[whole], dimension_id=dimension, set_size=size, is_beside=is_beside
            )
            for key, wholes in links.items()
            for whole, dimension, size, is_beside in wholes
        ],
        ignore_conflicts=True,
    )
    return known
