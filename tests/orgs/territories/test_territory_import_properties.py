"""Of any files whatever: what is stored can be stored, the same file again does nothing, and a file with a problem does nothing at all."""

import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orgs.models import Territory, TerritoryClosure, TerritoryScheme, TerritorySuccession
from orgs.territories.imports import actions as imports
from tests.factories import TerritorySchemeFactory
from tests.orgs.territories.bringing import checked, counts, history

YEARS = ["", "", "2000", "2010", "2020"]
ROWS = st.tuples(
    st.sampled_from("ABCD"),
    st.sampled_from(["One", "Two"]),
    st.sampled_from(["", "", "A", "B", "C"]),
    st.sampled_from(YEARS),
    st.sampled_from(["", "", "", "2009", "2015"]),
)
FILES = st.lists(
    st.tuples(
        st.lists(ROWS, min_size=1, max_size=5),
        st.booleans(),
        st.sampled_from([None, None, datetime.date(2018, 12, 31)]),
    ),
    min_size=1,
    max_size=4,
)


def content_of(rows: list[tuple[str, ...]]) -> str:
    return "code,name,parent,valid_from,valid_to\n" + "\n".join(",".join(row) for row in rows)


def everything(scheme: TerritoryScheme) -> tuple[Any, ...]:
    return history(scheme), list(Territory.objects.order_by("pk").values()), list(TerritorySuccession.objects.values())


class FilesTest(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(FILES)
    def test_files_in_any_order_leave_a_tree_that_holds(self, files):
        scheme = TerritorySchemeFactory(code="land")
        for rows, corrects, missing in files:
            said = {"kind": "area", "corrects_days": corrects, "ends_missing": missing}
            before = everything(scheme)
            batch = checked(scheme, content_of(rows), **said)
            assert everything(scheme) == before
            if not batch.can_be_stored:
                continue
            assert imports.store_import(batch=batch, by=None).is_stored  # And no constraint is broken.
            again = checked(scheme, content_of(rows), **said)
            assert (again.problems, counts(again)[:2], counts(again)[3]) == ([], (0, 0), 0), (files, history(scheme))
            self.look_at_tree(scheme, batch.places_new)

    def look_at_tree(self, scheme: TerritoryScheme, new: int) -> None:
        places = list(scheme.territories.select_related("parent"))
        for place in places:
            assert place.valid_from <= place.valid_to
        for one in TerritorySuccession.objects.select_related("predecessor", "successor"):
            assert one.predecessor.valid_to + datetime.timedelta(days=1) == one.successor.valid_from
        assert TerritoryClosure.objects.filter(depth=0).count() == len(places)
