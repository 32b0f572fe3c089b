"""Somebody deletes a source at the moment at which figures of it come in."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from indicators.models import ImportBatch, Source
from indicators.sources import actions as sources
from tests.factories import UserFactory
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
