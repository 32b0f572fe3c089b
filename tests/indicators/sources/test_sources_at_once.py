"""Somebody deletes a source at the moment at which figures of it come in."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from indicators.models import ImportBatch, Source
from indicators.sources import actions as sources
from tests.factories import AuthorityFactory, UserFactory
from tests.factories_indicators import ImportBatchFactory, SourceFactory
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_source_of_which_an_import_is_being_stored_is_not_deleted() -> None:
    source, administrator = SourceFactory(name="Census"), UserFactory(is_staff=True)

    def delete_it() -> None:
        sources.delete_source(source=source, by=administrator)

    with transaction.atomic():
        assert sources.source_called("Census").pk == source.pk
        [answer] = at_once(delete_it)
        assert isinstance(answer, ValidationError)
        assert "is using this source" in answer.messages[0]
        ImportBatchFactory(source=source)
    [answer] = at_once(delete_it)
    assert "still used" in answer.messages[0]


def test_source_that_is_deleted_while_a_file_comes_in_is_made_again() -> None:
    source, administrator = SourceFactory(name="Census"), UserFactory(is_staff=True)

    def store() -> Any:
        with transaction.atomic():
            return ImportBatchFactory(source=sources.source_called("Census", licence="CC0"))

    answers = at_once(lambda: sources.delete_source(source=source, by=administrator), store)
    assert isinstance(answers[1], ImportBatch)
    assert answers[1].source == Source.objects.get(name="Census")
    assert answers[0] is None or isinstance(answers[0], ValidationError)


def test_source_is_not_renamed_while_its_file_is_being_stored_and_its_licence_is_changed() -> None:
    """Who stores a file holds the import, and asks for the source in the end."""
    administrator = UserFactory(is_staff=True)
    source = SourceFactory(name="Census")
    batch = ImportBatchFactory(source=source, mapping={"source": {"name": "Census"}})

    def save(**words: str) -> Source:
        changed = Source.objects.get(pk=source.pk)
        for name, value in words.items():
            setattr(changed, name, value)
        return sources.save_source(source=changed, by=administrator)

    with transaction.atomic():
        ImportBatch.objects.select_for_update().get(pk=batch.pk)
        [answer] = at_once(lambda: save(name="Register"))
        assert isinstance(answer, ValidationError)
        assert "is using this source" in answer.messages[0]
        assert sources.source_called("Census").pk == source.pk
        [answer] = at_once(lambda: save(licence="CC0"))
        assert isinstance(answer, Source)
    [answer] = at_once(lambda: save(name="Register"))
    assert isinstance(answer, Source)
    batch.refresh_from_db()
    assert batch.mapping["source"]["name"] == "Register"


def test_two_who_type_for_the_first_time_have_one_source() -> None:
    council = AuthorityFactory(name="City council")

    def type_figures() -> Source:
        with transaction.atomic():
            return sources.source_of_typed(council)

    answers = at_once(type_figures, type_figures, type_figures)
    assert answers == [Source.objects.get(typed_by=council)] * 3
