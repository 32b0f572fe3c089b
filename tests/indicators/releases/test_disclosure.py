"""Which cells are hidden: whatever the numbers, an attacker who knows all that is shown stays uncertain about each hidden one."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import product
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.catalogue.breakdowns import key_of
from indicators.models import Indicator, Period
from indicators.releases.linked_tables import CategoryLinks, Same, span_of
from indicators.releases.suppression import pattern
from indicators.releases.suppression_table import SuppressionTable
from indicators.releases.table_cells import Hierarchy, TableCell
from indicators.releases.tables import hidden_cells
from tests.indicators.attack import Attack, Words

THRESHOLD = 5
ALWAYS = (datetime.date(1, 1, 1), datetime.date(9999, 12, 31))

# A city of two districts, with two and three areas.
AREAS = {"D1": "CITY", "D2": "CITY", "A1": "D1", "A2": "D1", "A3": "D2", "A4": "D2", "A5": "D2"}
PLACES = ["CITY", *AREAS]
SEXES = {"F": "", "M": ""}
AGES = {"BABY": "CHILD", "PUPIL": "CHILD", "CHILD": "", "ADULT": ""}
# Two countries of a union and some that are not told apart.
ORIGINS = {"UNION": "", "FRANCE": "UNION", "ITALY": "UNION"}
MONTHS = ["2020-01", "2020-02", "2020-03", "2020-04"]
QUARTERS = {"2020-01": "2020-Q1", "2020-02": "2020-Q1", "2020-03": "2020-Q1", "2020-04": "2020-Q2"}
KINDS = {7: "month", 4: "year"}

Name = tuple[str, str, str, str]  # place, period, first group, second group; "" for all
Numbers = dict[Name, int]


def summed(leaves: dict[Name, int], *trees: dict[str, str]) -> Numbers:
    """The leaves and all sums over them. `trees`: {part: whole} for each of the four coordinates."""
    totals: Numbers = defaultdict(int)
    for name, people in leaves.items():
        lines = []
        for coordinate, tree in zip(name, trees, strict=True):
            line = [coordinate]
            while line[-1] in tree:
                line.append(tree[line[-1]])
            lines.append(line)
        for place, when, one, two in product(*lines):
            totals[place, when, one, two] += people
    return dict(totals)


def period(code: str, number: int) -> Period:
    if "Q" in code:
        first = int(code[-1]) * 3 - 2
        return Period(pk=number, code=code, kind="quarter", year=2020, starts_on=datetime.date(2020, first, 1),
                      ends_on=datetime.date(2020, first + 2, 28))  # fmt: skip
    if len(code) == 4:
        return Period(pk=number, code=code, kind="year", year=2020, starts_on=datetime.date(2020, 1, 1),
                      ends_on=datetime.date(2020, 12, 31))  # fmt: skip
    month = int(code[-2:])
    return Period(pk=number, code=code, kind="month", year=2020, starts_on=datetime.date(2020, month, 1),
                  ends_on=datetime.date(2020, month, 28))  # fmt: skip


def world(groups: Iterable[tuple[str, str]], words: CategoryLinks) -> Hierarchy:
    """The land, and the numbers of all (first group, second group)."""
    ids = {place: order for order, place in enumerate(PLACES)}
    kinds = dict.fromkeys(ids.values(), "province")
    made = Hierarchy({}, defaultdict(list), dict.fromkeys(ids.values(), ALWAYS), kinds, set(), words, {})
    for part, whole in AREAS.items():
        made.parents[ids[part]] = ids[whole]
        made.parts[ids[whole]].append(ids[part])
    for number, pair in enumerate(sorted(set(groups))):
        words.ids[key_of_pair(pair)], words.keys[number] = number, key_of_pair(pair)
    return made


def key_of_pair(pair: tuple[str, str]) -> str:
    return key_of({name: group for name, group in zip(("one", "two"), pair, strict=True) if group})


def vocabulary(first: dict[str, str], second: dict[str, str], *, is_complete: bool = True) -> CategoryLinks:
    trees = {"one": first, "two": second}
    return CategoryLinks(
        {(name, part): (whole or None, is_complete) for name, tree in trees.items() for part, whole in tree.items()}, {}
    )


def protect(
    numbers: Numbers, first: dict[str, str], second: dict[str, str], *, operator: str = "none", is_complete: bool = True
) -> set[Name]:
    """The names of the cells that a release would hide."""
    return protect_with(numbers, lambda: vocabulary(first, second, is_complete=is_complete), operator=operator)


def protect_with(numbers: Numbers, make: Callable[[], CategoryLinks], *, operator: str = "none") -> set[Name]:
    indicator = Indicator(
        code="X", measure="count", threshold=THRESHOLD, rounding=1, time_operator=operator, frequency="month"
    )
    pairs = sorted({name[2:] for name in numbers})
    codes = sorted({name[1] for name in numbers})
    names = sorted(numbers, key=lambda name: (codes.index(name[1]), PLACES.index(name[0]), pairs.index(name[2:])))
    cells = [
        TableCell(PLACES.index(place), codes.index(when), pairs.index((one, two)), float(numbers[place, when, one, two]), None, THRESHOLD, False, False, False)
        for place, when, one, two in names
    ]  # fmt: skip
    periods = [period(code, number) for number, code in enumerate(codes)]
    hidden = hidden_cells(indicator, periods, cells, world(pairs, make()))
    assert hidden == hidden_cells(indicator, periods, cells, world(pairs, make()))
    return {names[place] for place in hidden}


def attack(numbers: Numbers, hidden: set[Name], *trees: dict[str, str], incomplete: tuple[int, ...] = ()) -> None:
    """Nothing small is shown, and every hidden cell stays open by more than the threshold to who knows the rest exactly."""
    assert not [name for name, people in numbers.items() if 0 < people < THRESHOLD and name not in hidden]
    shown = {name: (float(people), float(people)) for name, people in numbers.items() if name not in hidden}
    attacker = Attack(shown, sorted(hidden))
    for place, tree in enumerate(trees):
        parts = defaultdict(list)
        for name in numbers:
            if name[place] in tree:
                parts[(*name[:place], tree[name[place]], *name[place + 1 :])].append(name)
        for whole, members in parts.items():
            if whole in numbers and place in incomplete:
                attacker.knows_that_it_holds(whole, members)
            elif whole in numbers:
                attacker.knows_sum(whole, members)
    narrow = {name: width for name, width in attacker.widths(THRESHOLD).items() if width <= THRESHOLD}
    assert narrow == {}


people = st.one_of(st.integers(0, 8), st.integers(0, 8), st.integers(9, 300))
LEAF_AREAS = ["A1", "A2", "A3", "A4", "A5"]


def leaves(*choices: list[str]) -> st.SearchStrategy[dict[Name, int]]:
    names: list[Name] = [(place, when, one, two) for place, when, one, two in product(*choices)]
    return st.lists(people, min_size=len(names), max_size=len(names)).map(
        lambda amounts: dict(zip(names, amounts, strict=True))
    )


@settings(max_examples=25, deadline=None)
@given(leaves(LEAF_AREAS, ["2020"], [""], [""]))
def test_totals_of_places_are_safe(lowest: dict[Name, int]) -> None:
    numbers = summed(lowest, AREAS, {}, {}, {})
    attack(numbers, protect(numbers, {}, {}), AREAS, {}, {}, {})


@settings(max_examples=25, deadline=None)
@given(leaves(LEAF_AREAS, ["2020"], ["F", "M"], ["BABY", "PUPIL", "ADULT"]))
def test_crossed_and_nested_groups_are_safe(lowest: dict[Name, int]) -> None:
    numbers = summed(lowest, AREAS, {}, SEXES, AGES)
    attack(numbers, protect(numbers, SEXES, AGES), AREAS, {}, SEXES, AGES)


@settings(max_examples=25, deadline=None)
@given(leaves(LEAF_AREAS, ["2020"], ["F", "M"], ["BABY", "PUPIL", "ADULT"]))
def test_two_tables_with_one_total_are_safe(lowest: dict[Name, int]) -> None:
    crossed = summed(lowest, AREAS, {}, SEXES, AGES)
    numbers = {name: people for name, people in crossed.items() if not (name[2] and name[3])}
    attack(numbers, protect(numbers, SEXES, AGES), AREAS, {}, SEXES, AGES)


@settings(max_examples=25, deadline=None)
@given(leaves(LEAF_AREAS, ["2020"], ["FRANCE", "ITALY", "OTHER", "ELSEWHERE"], [""]), st.booleans())
def test_groups_that_are_only_some_of_their_whole_are_safe(lowest: dict[Name, int], is_complete: bool) -> None:
    tree = {**ORIGINS, "OTHER": "UNION", "ELSEWHERE": ""}
    numbers = {
        name: people
        for name, people in summed(lowest, AREAS, {}, tree, {}).items()
        if name[2] not in ("OTHER", "ELSEWHERE")
    }
    # Whether the list knows of the others (a set with members that nobody reports) or has the countries beside a set.
    hidden = protect(numbers, tree if is_complete else ORIGINS, {}, is_complete=is_complete)
    attack(numbers, hidden, AREAS, {}, ORIGINS, {}, incomplete=(2,))


@settings(max_examples=25, deadline=None)
@given(leaves(["A1", "A2", "A3"], MONTHS, ["F", "M"], [""]))
def test_periods_that_add_up_are_safe(lowest: dict[Name, int]) -> None:
    years = dict.fromkeys(QUARTERS, "2020")
    by_quarter = summed(lowest, AREAS, QUARTERS, SEXES, {})
    numbers = by_quarter | summed(lowest, AREAS, years, SEXES, {})
    hidden = protect(numbers, SEXES, {}, operator="sum")
    attack(numbers, hidden, AREAS, QUARTERS, SEXES, {})
    attack(numbers, hidden, AREAS, years, SEXES, {})


# --- What is tied though no whole of it was reported -------------------------------------------------------------------

CITIZENS = {
    "EUROPE": "",
    "ESP": "EUROPE",
    "FRA": "EUROPE",
    "ITA": "EUROPE",
    "AFRICA": "",
    "MAR": "AFRICA",
    "DZA": "AFRICA",
}
HOME = {"HOST": "", "FOREIGN": ""}
BANDS = ["Y0-4", "Y5-14", "Y15-24", "Y25-64", "Y_GE65"]
ALL_BANDS = [*BANDS, "Y0-14", "Y15-64", "Y5-24", "Y15-74", "Y65-74", "Y_GE15", ""]


REPORTED = [("", ""), ("HOST", ""), ("FOREIGN", ""), *(("", code) for code in CITIZENS)]


@settings(max_examples=40, deadline=None)
@given(
    leaves(LEAF_AREAS, ["2020"], [""], ["ESP", "FRA", "ITA", "MAR", "DZA"]),
    st.sets(st.sampled_from(REPORTED), min_size=2),
)
def test_categories_that_are_the_same_people_are_safe_whichever_of_them_are_reported(
    lowest: dict[Name, int], reported: set[tuple[str, str]]
) -> None:
    """All of the host population are Spanish citizens and nobody else is."""
    people: Numbers = defaultdict(int)
    for (place, when, _, code), number in lowest.items():
        home = "HOST" if code == "ESP" else "FOREIGN"
        for one, two in [("", ""), (home, ""), ("", code), ("", CITIZENS[code])]:
            people[place, when, one, two] += number
    numbers = {name: number for name, number in summed(people, AREAS, {}, {}, {}).items() if name[2:] in reported}

    def words() -> CategoryLinks:
        made = vocabulary(HOME, CITIZENS)
        made.same.append(Same(("one", "HOST"), (("two", "ESP"),), None, frozenset()))
        return made

    attack_with(numbers, protect_with(numbers, words), words())


@settings(max_examples=40, deadline=None)
@given(
    leaves(LEAF_AREAS, ["2020"], ["F", "M"], ["Y0-4", "Y5-14", "Y15-24", "Y25-64", "Y65-74", "Y_GE75"]),
    st.sets(st.sampled_from(["", "F", "M"]), min_size=1),
    st.sets(st.sampled_from(ALL_BANDS), min_size=2),
)
def test_bands_that_make_up_others_are_safe_without_their_whole(
    lowest: dict[Name, int], sexes: set[str], bands: set[str]
) -> None:
    people: Numbers = defaultdict(int)
    for (place, when, sex, leaf), number in lowest.items():
        first, last = span_of(leaf) or (0, 0)
        for band in ALL_BANDS:
            start, end = span_of(band) or (0, inf)
            if start <= first and last <= end:
                for one in ("", sex):
                    people[place, when, one, band] += number
    every = summed(people, AREAS, {}, {}, {})
    numbers = {name: number for name, number in every.items() if name[2] in sexes and name[3] in bands}

    def words() -> CategoryLinks:
        parents = {"Y0-4": "Y0-14", "Y5-14": "Y0-14", "Y15-24": "Y15-64", "Y25-64": "Y15-64", "Y65-74": "Y_GE65"}
        parts = {"Y0-14", "Y15-64", "Y_GE65", "Y0-4", "Y5-14", "Y15-24", "Y25-64"}
        made = vocabulary(SEXES, {})
        for band in ALL_BANDS:
            if band:
                made.categories["two", band] = (parents.get(band), band in parts)
        made.__post_init__()
        return made

    attack_with(numbers, protect_with(numbers, words), words())


def attack_with(numbers: Numbers, hidden: set[Name], words: CategoryLinks) -> None:
    """As `attack`, by somebody who knows the standard list."""
    assert not [name for name, people in numbers.items() if 0 < people < THRESHOLD and name not in hidden]
    named = {name: (*name[:2], key_of_pair(name[2:])) for name in numbers}
    shown = {named[name]: (float(people), float(people)) for name, people in numbers.items() if name not in hidden}
    attacker = Attack(shown, sorted(named[name] for name in hidden))
    attacker.knows_vocabulary(
        Words(
            {item: parent for item, (parent, _) in words.categories.items()},
            {item for item, (_, is_part) in words.categories.items() if is_part},
            {item: span for item in words.categories if (span := span_of(item[1]))},
            [(same.whole, list(same.parts)) for same in words.same],
        )
    )
    parts: dict[str, list[str]] = defaultdict(list)
    for part, whole in AREAS.items():
        parts[whole].append(part)
    attacker.knows_places(parts)
    narrow = {name: width for name, width in attacker.widths(THRESHOLD).items() if width <= THRESHOLD}
    assert narrow == {}


# --- Single rules ---------------------------------------------------------------------------------------------------------


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    numbers = summed({(area, "2020", "", ""): 50 for area in LEAF_AREAS}, AREAS, {}, {}, {})
    assert protect(numbers, {}, {}) == set()


def test_zeros_are_shown() -> None:
    numbers = summed({(area, "2020", "", ""): 50 * (area != "A1") for area in LEAF_AREAS}, AREAS, {}, {}, {})
    assert protect(numbers, {}, {}) == set()


def test_lone_small_cell_takes_the_smallest_sibling_that_suffices() -> None:
    amounts = {"A1": 50, "A2": 50, "A3": 4, "A4": 1000, "A5": 20}
    numbers = summed({(area, "2020", "", ""): number for area, number in amounts.items()}, AREAS, {}, {}, {})
    assert {name[0] for name in protect(numbers, {}, {})} == {"A3", "A5"}


def test_two_small_cells_whose_sum_is_small_take_a_third() -> None:
    amounts = {"A1": 50, "A2": 50, "A3": 1, "A4": 2, "A5": 20}
    numbers = summed({(area, "2020", "", ""): number for area, number in amounts.items()}, AREAS, {}, {}, {})
    assert {name[0] for name in protect(numbers, {}, {})} == {"A3", "A4", "A5"}


def test_two_small_cells_whose_sum_is_large_enough_hide_each_other() -> None:
    amounts = {"A1": 50, "A2": 50, "A3": 4, "A4": 3, "A5": 20}
    numbers = summed({(area, "2020", "", ""): number for area, number in amounts.items()}, AREAS, {}, {}, {})
    assert {name[0] for name in protect(numbers, {}, {})} == {"A3", "A4"}


def test_small_remainder_of_a_union_is_hidden_though_it_is_no_cell() -> None:
    """52 from the union, 20 of them from France and 30 from Italy: two people are from elsewhere in it."""
    areas = {"A1": (52, 20, 30), "A2": (90, 30, 30)}
    numbers: Numbers = {}
    for place, (union, france, italy) in {**areas, "D1": (142, 50, 60)}.items():
        numbers |= {
            (place, "2020", "", ""): union + 100,
            (place, "2020", "UNION", ""): union,
            (place, "2020", "FRANCE", ""): france,
            (place, "2020", "ITALY", ""): italy,
        }
    hidden = protect(numbers, ORIGINS, {}, is_complete=False)
    assert hidden == {("A1", "2020", "FRANCE", ""), ("A2", "2020", "FRANCE", "")}


@pytest.mark.parametrize("unknown_is", ["absent", "a part", "beside"])
def test_bands_are_tied_though_the_age_of_some_is_not_known(unknown_is: str) -> None:
    """Those of 15 to 64 less those of 15 to 29 leave three of 30 to 64. The total is no band of all ages where some have none."""

    def words() -> CategoryLinks:
        made = vocabulary({"Y0-14": "", "Y15-64": "", "Y_GE65": ""}, {})
        made.categories["one", "Y15-29"] = (None, False)
        if unknown_is != "absent":
            made.categories["one", "UNK"] = (None, unknown_is == "a part")
        if unknown_is == "beside":
            made.beside.add(("one", "UNK"))
        made.__post_init__()
        return made

    numbers: Numbers = {}
    for place, (wide, narrow) in {"A1": (43, 40), "A2": (90, 50), "D1": (133, 90)}.items():
        numbers |= {(place, "2020", "Y15-64", ""): wide, (place, "2020", "Y15-29", ""): narrow}
        if unknown_is != "absent":
            numbers |= {(place, "2020", "", ""): wide + 100, (place, "2020", "UNK", ""): 20}
    found = protect_with(numbers, words)
    assert found & {("A1", "2020", "Y15-64", ""), ("A1", "2020", "Y15-29", "")}


def test_month_equal_to_its_year_is_hidden_with_it() -> None:
    """A stock: the figure of the year is that of its last month."""
    numbers: Numbers = {}
    for place, amounts in {"A1": (50, 3), "A2": (50, 60), "D1": (100, 63)}.items():
        numbers |= {
            (place, month, "", ""): number for month, number in zip(("2020-01", "2020-02"), amounts, strict=True)
        }
        numbers[place, "2020", "", ""] = amounts[-1]
    assert protect(numbers, {}, {}, operator="last") == {
        (place, when, "", "") for place in ("A1", "A2") for when in ("2020-02", "2020")
    }  # fmt: skip


def test_cell_that_is_tied_to_nothing_hides_alone() -> None:
    table = SuppressionTable()
    lone = table.add_cell((3.0,), (5.0,), 1.0)
    table.add_cell((50.0,), (5.0,), 1.0)
    assert pattern(table, [lone]) == {lone}


def test_cell_that_no_move_can_protect_hides_all_that_is_tied_to_it() -> None:
    """A sum that comes to 3 less whatever is added: both are small, and hiding both is all that can be done."""
    table = SuppressionTable()
    whole, part = table.add_cell((3.0,), (500.0,), 1.0), table.add_cell((3.0,), (500.0,), 1.0)
    other = table.add_cell((90.0,), (5.0,), 1.0)
    table.add_relation(whole, [part])
    table.add_relation(part, [whole], times=2.0)
    assert pattern(table, [whole]) == {whole, part}
    assert other not in pattern(table, [whole])


def test_cell_that_takes_from_several_others_hides_few_and_each_of_them_stays_open() -> None:
    """No cell of the grid can move by as much as another needs, and nothing can be added to the totals: what they are equal to is twice as much too."""
    table = SuppressionTable()
    grid = {place: table.add_cell((2.0,), (5.0,), 1.0) for place in product(range(8), range(10))}
    sums: list[tuple[int, list[int]]] = []
    for rows, columns in [*((range(8), [column]) for column in range(10)), *(([row], range(10)) for row in range(8))]:
        parts = [grid[place] for place in product(rows, columns)]
        sums.append((table.add_cell((2.0 * len(parts),), (5.0,), 20.0), parts))
        table.add_relation(*sums[-1])
        other = table.add_cell((2.0 * len(parts),), (5.0,), 20.0)
        table.add_relation(sums[-1][0], [other])
        table.add_relation(other, [sums[-1][0]], times=2.0)
    hidden = pattern(table, [grid[0, 0]])
    assert grid[0, 0] in hidden
    assert len(hidden) < len(grid) / 4
    attacker = Attack(
        {cell: (amount, amount) for cell, (amount,) in enumerate(table.amounts) if cell not in hidden}, sorted(hidden)
    )
    for whole, parts in sums:
        attacker.knows_sum(whole, parts)
    assert min(attacker.widths(THRESHOLD).values()) > THRESHOLD


@pytest.mark.parametrize("size", [3, 30])
def test_few_more_cells_are_hidden_than_are_small(size: int) -> None:
    table = SuppressionTable()
    whole = table.add_cell((3.0 + 40 * (size - 1),), (5.0,), 3.0)
    parts = [table.add_cell((3.0 if place == 0 else 40.0,), (5.0,), 1.0) for place in range(size)]
    table.add_relation(whole, parts)
    assert pattern(table, [parts[0]]) == set(parts[:2])
