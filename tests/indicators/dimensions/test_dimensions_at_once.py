"""Somebody changes the standard list at the moment at which figures come in by it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from indicators.catalogue import loading
from indicators.catalogue.breakdowns import add_up_differently, ensure_breakdowns
from indicators.dimensions import actions as dimensions
from indicators.models import Category, Dimension, Identity
from tests.factories import UserFactory
from tests.indicators.land import DIMENSIONS
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_part_is_not_added_to_a_set_of_which_figures_are_coming_in() -> None:
    loading.load_dimensions(DIMENSIONS)
    administrator, sex = UserFactory(is_staff=True), Dimension.objects.get(code="sex")

    def add() -> Category:
        third = Category(dimension=sex, code="X", name="Other", is_part=True)
        return dimensions.save_category(category=third, by=administrator)

    with transaction.atomic():
        ensure_breakdowns(["sex=F"])
        [answer] = at_once(add)
        assert isinstance(answer, ValidationError)
        assert "are being brought in" in answer.messages[0]
    [answer] = at_once(add)
    assert "add up differently" in answer.messages[0]


def test_categories_are_not_said_to_be_the_same_people_while_figures_of_them_are_coming_in() -> None:
    loading.load_dimensions(DIMENSIONS)
    administrator = UserFactory(is_staff=True)
    women, child = Category.objects.get(code="F"), Category.objects.filter(dimension__code="age").first()
    assert child is not None

    def say() -> Identity:
        return dimensions.add_identity(identity=Identity(whole=women), parts=[child], by=administrator)

    with transaction.atomic():
        ensure_breakdowns(["sex=F"])
        [answer] = at_once(say)
        assert isinstance(answer, ValidationError), answer
        assert "are being brought in" in answer.messages[0]
    [answer] = at_once(say)
    assert isinstance(answer, Identity), answer
    assert Identity.objects.get() == answer


def test_figures_that_come_in_while_a_part_is_added_are_placed_with_it() -> None:
    loading.load_dimensions(DIMENSIONS)
    administrator, sex = UserFactory(is_staff=True), Dimension.objects.get(code="sex")
    third = Category(dimension=sex, code="X", name="Other", is_part=True)
    at_once(
        lambda: dimensions.save_category(category=third, by=administrator),
        lambda: ensure_breakdowns(["sex=F", "sex=M"]),
    )
    assert not add_up_differently()


def test_category_that_two_delete_at_once_is_gone() -> None:
    loading.load_dimensions(DIMENSIONS)
    one, administrator = Category.objects.get(code="Y15-29"), UserFactory(is_staff=True)

    def delete() -> None:
        dimensions.delete_category(category=one, by=administrator)

    answers = at_once(delete, delete)
    assert None in answers
    assert all(answer is None or isinstance(answer, ValidationError) for answer in answers)
    assert not Category.objects.filter(code="Y15-29").exists()
