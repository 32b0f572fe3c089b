"""Sources that figures have: they are not deleted, and a release keeps the words that it was made with."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from indicators.releases import actions as releases
from indicators.rollup import worker
from indicators.sources import actions as sources
from orgs.models import Organisation, User
from tests.factories import UserFactory
from tests.factories_indicators import ImportBatchFactory, SourceFactory
from tests.indicators.land import Land


def test_source_of_a_figure_without_an_import_is_used(land: Land) -> None:
    land.observe("CITY", "2017", 7)
    source = land.source
    assert not source.imports.exists()
    with pytest.raises(ValidationError, match="still used"):
        sources.delete_source(source=source, by=UserFactory(is_staff=True))


def test_released_figures_keep_the_words_they_were_released_with(land: Land) -> None:
    land.observe("CITY", "2017", 700)
    worker.roll_up()
    release = releases.publish_release(note="First")
    source = land.source
    was = source.name
    source.name, source.licence = "Renamed", "CC0"
    sources.save_source(source=source, by=UserFactory(is_staff=True))
    [said] = release.indicators.get().sources
    assert (said["id"], said["name"]) == (source.pk, was)


def test_import_leads_administrators_to_its_source_and_stewards_not(
    client: Client, authority: Organisation, steward: User
) -> None:
    batch = ImportBatchFactory(authority=authority, source=SourceFactory(name="Census"), state="approved")
    page = reverse("indicators:import_detail", args=[batch.pk])
    address = reverse("indicators:source_edit", args=[batch.source.pk])
    client.force_login(UserFactory(is_staff=True))
    assert address in client.get(page).content.decode()
    client.force_login(steward)
    page_of_steward = client.get(page).content.decode()
    assert "Census" in page_of_steward
    assert address not in page_of_steward


def test_made_up_figures_that_are_there_stay_marked(land: Land) -> None:
    land.observe("CITY", "2017", 7)
    source, administrator = land.source, UserFactory(is_staff=True)
    source.is_sample = True
    sources.save_source(source=source, by=administrator)
    source.is_sample = False
    with pytest.raises(ValidationError, match="stay marked as samples"):
        sources.save_source(source=source, by=administrator)
    source.refresh_from_db()
    assert source.is_sample
