import datetime
import functools
import gzip
import json
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orgs.models import Domain, Territory, TerritoryClosure, TerritoryOutline, TerritoryScheme
from orgs.territories import loading
from tests.factories import TerritoryFactory

DATA = Path(__file__).resolve().parents[3] / "orgs" / "data"


def closure_by_walking():
    """Every pair, found by going up from each place: another way than the trigger's."""
    places = {place.pk: place for place in Territory.objects.all()}
    pairs = set()
    for place in places.values():
        above, depth, start, end = place, 0, place.valid_from, place.valid_to
        while above is not None and start <= end:
            pairs.add((above.pk, place.pk, depth, start, end))
            above = places.get(above.parent_id)
            if above is not None:
                depth, start, end = depth + 1, max(start, above.valid_from), min(end, above.valid_to)
    return pairs


def closure_as_stored():
    return set(TerritoryClosure.objects.values_list("ancestor", "descendant", "depth", "valid_from", "valid_to"))


def year(number):
    return datetime.date(2000 + number, 1, 1)


class ClosureTest(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 7), st.one_of(st.none(), st.integers(0, 7)), st.integers(0, 3), st.integers(4, 6)),
            max_size=12,
        )
    )
    def test_closure_follows_random_moves(self, moves):
        places = [TerritoryFactory() for _ in range(8)]
        for moved, below, start, end in moves:
            try:
                with transaction.atomic():
                    Territory.objects.filter(pk=places[moved].pk).update(
                        parent=None if below is None else places[below].pk, valid_from=year(start), valid_to=year(end)
                    )
            except IntegrityError:
                pass  # Into itself: nothing has changed.
            assert closure_as_stored() == closure_by_walking()
        Territory.objects.filter(pk__in=[place.pk for place in places if not place.parts.exists()]).delete()
        assert closure_as_stored() == closure_by_walking()


@pytest.mark.django_db
def test_what_comes_above_and_below_in_any_order_is_tied():
    """A place may be written before the one it lies in, as long as the transaction ends right."""
    with transaction.atomic():
        lower = TerritoryFactory.build(scheme=TerritoryFactory().scheme, pk=900_002)
        upper = TerritoryFactory.build(scheme=lower.scheme, pk=900_001)
        lower.parent_id = upper.pk
        lower.save()
        upper.save()
    assert closure_as_stored() == closure_by_walking()


def rows_read() -> int:
    """How many rows of territories and of the closure this transaction has read so far, in its triggers too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('orgs_territory', 'orgs_territoryclosure')"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_one_place_among_ten_thousand_is_saved_at_once():
    """Each save once walked the whole tree, in 2.8 s. The rows that are read are counted, since no load on the machine changes them."""
    country = TerritoryFactory()
    build = functools.partial(TerritoryFactory.build, scheme=country.scheme)
    regions = Territory.objects.bulk_create(build(parent=country) for _ in range(100))
    Territory.objects.bulk_create(build(parent=regions[number % 100]) for number in range(10_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orgs_territory, orgs_territoryclosure")
    place = Territory.objects.filter(parent=regions[7])[:1].get()
    for change in ({"name": "Renamed"}, {"parent": regions[8]}, {"valid_to": datetime.date(2020, 12, 31)}):
        before = rows_read()
        Territory.objects.filter(pk=place.pk).update(**change)
        assert 0 < rows_read() - before < 100, change
    before = rows_read()
    TerritoryFactory(scheme=country.scheme, parent=regions[9])
    assert rows_read() - before < 100
    assert closure_as_stored() == closure_by_walking()


@pytest.mark.django_db
def test_territory_within_itself_is_refused(city, old_town, raval):
    with pytest.raises(IntegrityError, match="territory_no_cycle"), transaction.atomic():
        Territory.objects.filter(pk=city.pk).update(parent=raval)
    assert closure_as_stored() == closure_by_walking()


@pytest.mark.django_db
def test_too_many_levels_are_refused_and_not_cut_off():
    place = None
    for _ in range(12):
        place = TerritoryFactory(parent=place)
    with pytest.raises(IntegrityError, match="territory_depth"), transaction.atomic():
        TerritoryFactory(parent=place)


@pytest.mark.django_db
def test_label_tells_namesakes_apart(city, old_town, raval):
    region = TerritoryFactory(name="Catalunya", names={"en": "Catalonia"}, kind=Territory.Kind.REGION)
    Territory.objects.filter(pk=city.pk).update(parent=region)
    labels = {place.name: place.label for place in Territory.objects.with_path()}
    assert labels == {
        "el Raval": "el Raval (neighbourhood, Ciutat Vella, Barcelona)",
        "Ciutat Vella": "Ciutat Vella (district, Barcelona)",
        "Barcelona": "Barcelona (municipality, Catalonia)",
        "Catalunya": "Catalonia (region)",
    }
    with translation.override("ca"):
        assert Territory.objects.get(pk=region.pk).local_name == "Catalunya"


@pytest.mark.django_db
def test_labels_of_many_cost_one_query(city, old_town, raval, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len([place.label for place in Territory.objects.with_path()]) == 3


@pytest.mark.django_db
def test_within_and_above(city, old_town, raval):
    elsewhere = TerritoryFactory()
    assert set(Territory.objects.within(city)) == {city, old_town, raval}
    assert set(Territory.objects.within(city, depth=1)) == {old_town}
    assert list(Territory.objects.above(raval)) == [city, old_town, raval]
    assert list(Territory.objects.above(elsewhere)) == [elsewhere]


@pytest.fixture
def barcelona():
    entries = json.loads((DATA / "territories_barcelona.json").read_text())
    outlines = json.loads(gzip.decompress((DATA / "outlines_barcelona.json.gz").read_bytes()))
    return {"schemes": entries["schemes"], "territories": entries["territories"], "outlines": outlines}


@pytest.mark.django_db
def test_loading_twice_ends_the_same(barcelona):
    ends = []
    for _ in range(2):
        loading.load_territories(**barcelona)
        ends.append(
            (
                set(Territory.objects.values_list("pk", "scheme__code", "code", "name", "kind", "parent")),
                set(TerritoryOutline.objects.values_list("pk", flat=True)),
                closure_as_stored(),
            )
        )
    assert ends[0] == ends[1]
    assert closure_as_stored() == closure_by_walking()
    assert Territory.objects.filter(kind="district").count() == 10
    assert Territory.objects.filter(kind="neighbourhood").count() == 73
    assert str(TerritoryScheme.objects.get(code="barcelona")) == "Barcelona: city, districts and neighbourhoods"
    with translation.override("es"):
        assert str(Territory.objects.get(code="ES51")) == "Cataluña"


@pytest.mark.django_db
def test_loading_computes_the_paths_once_for_each_generation(barcelona):
    statements = []

    def note(execute, sql, params, many, context):
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        loading.load_territories(**barcelona)
    assert len([sql for sql in statements if sql.startswith('INSERT INTO "orgs_territory"')]) == 5


@pytest.mark.django_db
def test_loading_a_part_of_nothing_says_which(barcelona):
    stray = {
        "scheme": "barcelona",
        "code": "X",
        "name": "X",
        "kind": "area",
        "parent": {"scheme": "barcelona", "code": "?"},
    }
    with pytest.raises(ValueError, match="barcelona X"):
        loading.load_territories(schemes=barcelona["schemes"], territories=[stray])
    assert not Territory.objects.exists()


@pytest.mark.django_db
def test_domains_are_loaded_with_their_translations():
    entry = {"code": "D9", "slug": "nine", "order": 9, "name": {"en": "Nine", "es": "Nueve"}, "icon": "x"}
    loading.load_domains(entries=[entry])
    loading.load_domains(entries=[entry | {"name": {"en": "Number nine", "es": "Nueve"}}])
    domain = Domain.objects.get()
    assert str(domain) == "Number nine"
    with translation.override("es"):
        assert str(domain) == "Nueve"
    with translation.override("ar"):
        assert str(domain) == "Number nine"
