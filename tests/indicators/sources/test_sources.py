"""Sources as administrators keep them: their words beside every figure, what follows a new name, and which may be deleted."""

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators.models import Source
from indicators.sources import actions as sources
from orgs.models import User
from tests.factories import UserFactory
from tests.factories_indicators import ImportBatchFactory, SavedMappingFactory, SourceFactory
from tests.pages import words_of
from tests.posts import post_seen

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("indicators:source_list"), reverse("indicators:source_add")


@pytest.fixture
def administrator(client: Client) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


def edit(source: Source) -> str:
    return reverse("indicators:source_edit", args=[source.pk])


def delete(source: Source) -> str:
    return reverse("indicators:source_delete", args=[source.pk])


def test_source_is_added_and_stands_in_the_list(client: Client, administrator: User) -> None:
    typed = {"name": "Statistics office", "publisher": "The city", "licence": "CC BY 4.0", "url": "stat.example/data"}
    assert client.post(ADD, typed).status_code == 302
    source = Source.objects.get()
    assert (source.name, source.publisher, source.licence) == ("Statistics office", "The city", "CC BY 4.0")
    assert (source.url, source.is_sample) == ("https://stat.example/data", False)
    page = words_of(client.get(LIST).content.decode())
    assert "The source has been added" in page
    assert "Statistics office The city CC BY 4.0 0 Delete" in page


def test_source_of_a_taken_name_or_without_an_address_of_the_web_is_refused(
    client: Client, administrator: User
) -> None:
    SourceFactory(name="Census")
    page = client.post(ADD, {"name": "Census", "url": "javascript:alert(1)"}).content.decode()
    assert "already exists" in page
    assert Source.objects.count() == 1
    assert "There is a problem" in page


def test_words_of_a_source_are_changed_and_it_is_kept_who_did(client: Client, administrator: User) -> None:
    source = SourceFactory(name="Census", licence="")
    assert post_seen(client, edit(source), {"name": "Census", "licence": "CC0", "is_sample": "on"}).status_code == 302
    source.refresh_from_db()
    assert (source.licence, source.publisher, source.is_sample) == ("CC0", "", True)
    events = apps.get_model("indicators", "SourceEvent").objects.filter(pgh_obj=source).order_by("pk")
    assert [(event.pgh_label, event.licence) for event in events] == [("insert", ""), ("update", "CC0")]
    assert events[1].pgh_context.metadata["user"] == administrator.pk


def test_source_that_somebody_else_saved_meanwhile_is_not_overwritten(client: Client, administrator: User) -> None:
    source = SourceFactory(name="Census", licence="")
    seen = client.get(edit(source)).context["form"]["seen"].value()
    Source.objects.filter(pk=source.pk).update(licence="Theirs")
    page = client.post(edit(source), {"name": "Census", "licence": "Mine", "seen": seen}).content.decode()
    assert "Somebody else saved this" in page
    assert Source.objects.get().licence == "Theirs"


def test_mappings_and_imports_follow_a_new_name(client: Client, administrator: User) -> None:
    source = SourceFactory(name="Census")
    said = {"source": {"name": "Census", "licence": "CC0"}, "columns": {"territory": "place"}}
    named, other = SavedMappingFactory(definition=said), SavedMappingFactory(definition={"source": {"name": "Other"}})
    batch = ImportBatchFactory(mapping=said, source=source)
    assert "Mappings that name it" in client.get(edit(source)).content.decode()
    assert post_seen(client, edit(source), {"name": "Census of 2021"}).status_code == 302
    for row in (named, other, batch):
        row.refresh_from_db()
    renamed = said | {"source": {"name": "Census of 2021", "licence": "CC0"}}
    assert (named.definition, other.definition, batch.mapping) == (renamed, {"source": {"name": "Other"}}, renamed)


def test_list_finds_by_words_and_by_what_is_missing(client: Client, administrator: User) -> None:
    SourceFactory(name="Épargne")
    SourceFactory(name="Unlicensed", licence="")
    SourceFactory(name="Played", is_sample=True)
    ImportBatchFactory(source=Source.objects.get(name="Played"))

    def found(**asked: str) -> list[str]:
        return [source.name for source in client.get(LIST, asked).context["page_obj"]]

    assert found(q="epargne") == ["Épargne"]
    assert found(kind="unlicensed") == ["Unlicensed"]
    assert found(kind="sample") == ["Played"]
    assert sorted(found(kind="unused")) == ["Unlicensed", "Épargne"]


def test_list_costs_the_same_for_many(client: Client, administrator: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    ImportBatchFactory(source=SourceFactory(name="One"))
    queries()
    few = queries()
    for number in range(6):
        ImportBatchFactory(source=SourceFactory(name=f"Another {number}"))
    assert queries() == few


def test_page_of_a_source_costs_the_same_for_many_imports(client: Client, administrator: User) -> None:
    source = SourceFactory(name="One")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(edit(source))
        return len(captured)

    ImportBatchFactory(source=source)
    queries()
    few = queries()
    for _number in range(6):
        ImportBatchFactory(source=source)
    assert queries() == few


def test_only_a_source_without_figures_is_deleted(client: Client, administrator: User) -> None:
    used, unused = SourceFactory(name="Used"), SourceFactory(name="Unused")
    ImportBatchFactory(source=used)
    page = words_of(client.get(delete(used)).content.decode())
    assert "“Used” is still used" in page
    assert "1 import in all" in page
    assert "it cannot be deleted" in client.post(delete(used)).content.decode()
    assert "Delete “Unused”?" in client.get(delete(unused)).content.decode()
    assert client.post(delete(unused)).status_code == 302
    assert list(Source.objects.all()) == [used]
    sources.delete_source(source=unused, by=administrator)  # As somebody who pressed at the same moment.


def test_nobody_but_administrators_writes() -> None:
    source = SourceFactory()
    for act in (sources.save_source, sources.delete_source):
        with pytest.raises(PermissionDenied):
            act(source=source, by=UserFactory())
    assert Source.objects.count() == 1
