"""What the quality rules say of a batch, and that it does not count before somebody has looked."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from indicators.imports import actions as imports
from indicators.models import Finding, ImportBatch, Observation, QualityRule
from indicators.quality import actions as quality_actions
from indicators.quality import checks, messages
from orgs.models import Territory
from tests.factories import UserFactory
from tests.indicators.land import Land, table
from tests.indicators.stored import published, rules, sentences, store

pytestmark = pytest.mark.django_db
RATE = {
    "indicator": {"constant": "RATE"},
    "denominator": {"column": "base"},
}


def test_figures_without_anything_odd_are_approved(land: Land) -> None:
    batch = store(
        land, ("N1", 2016, "women", 50), ("N1", 2016, "men", 40), ("N1", 2017, "women", 52), ("N1", 2017, "men", 41)
    )
    assert rules(batch) == []
    assert imports.approve_import(batch=batch).state == ImportBatch.State.APPROVED


def test_more_women_than_everybody(land: Land) -> None:
    batch = store(land, ("N1", 2017, "women", 5000), ("N1", 2017, "all", 4800))
    assert rules(batch) == ["part_over_whole", "parts_differ"]
    assert sentences(batch)[0] == "PEOPLE. F in N1 in 2017: 5,000, more than everybody: 4,800."


def test_more_women_than_everybody_who_is_approved(land: Land) -> None:
    land.observe("N1", "2017", 4800)
    batch = store(land, ("N1", 2017, "women", 5000))
    assert "part_over_whole" in rules(batch)
    assert "part_over_whole" not in rules(store(land, ("N1", 2017, "women", 4700)))


def test_part_is_held_against_the_value_that_the_batch_brings(land: Land) -> None:
    """Not against the approved one that it replaces."""
    land.observe("N1", "2017", 10)
    assert "part_over_whole" not in rules(store(land, ("N1", 2017, "women", 50), ("N1", 2017, "all", 90)))


def test_part_of_an_incomplete_set_is_held_against_the_total(land: Land) -> None:
    """15 to 29 belongs to no complete set of ages, and cannot be more than everybody all the same."""
    land.observe("N1", "2017", 100)
    mapping = {"breakdowns": {"age": {"column": "age"}}}
    batch = store(land, ("N1", 2017, "Y15-29", 101), header=("place", "year", "age", "people"), **mapping)
    assert sentences(batch) == ["PEOPLE. 15 to 29 in N1 in 2017: 101, more than everybody: 100."]


def test_numerator_over_denominator(land: Land) -> None:
    batch = store(land, ("N1", 2017, "all", 120, 100), header=("place", "year", "sex", "people", "base"), **RATE)
    assert sentences(batch) == ["RATE. Everybody in N1 in 2017: the numerator is 120, more than the denominator: 100."]


def test_share_over_100(land: Land) -> None:
    batch = published(table(("N1", 2017, "all", "104.5")), "RATE")
    assert sentences(batch) == ["RATE. Everybody in N1 in 2017: 104.5%, and a share cannot be more than 100%."]


def test_complete_groups_that_do_not_add_up(land: Land) -> None:
    batch = store(land, ("N1", 2017, "women", 50), ("N1", 2017, "men", 40), ("N1", 2017, "all", 100))
    assert sentences(batch) == ["PEOPLE. Everybody in N1 in 2017: 100, and the groups of “Sex” add up to 90."]
    assert rules(store(land, ("N2", 2017, "women", 50), ("N2", 2017, "all", 100))) == []


def test_parts_of_a_place_that_do_not_add_up(land: Land) -> None:
    land.observe("D1", "2017", 100)
    land.observe("N1", "2017", 50)
    batch = store(land, ("N2", 2017, "all", 40))
    assert sentences(batch) == ["PEOPLE. Everybody in D1 in 2017: 100, and its parts add up to 90."]


def test_place_whose_parts_are_not_all_known_may_be_larger(land: Land) -> None:
    Territory.objects.filter(code="D1").update(has_all_parts=False)
    land.observe("D1", "2017", 100)
    land.observe("N1", "2017", 50)
    assert rules(store(land, ("N2", 2017, "all", 40))) == []


def test_jump_in_either_direction_of_time(land: Land) -> None:
    land.observe("N1", "2016", 1000)
    assert sentences(store(land, ("N1", 2017, "all", 1600))) == [
        "PEOPLE. Everybody in N1 in 2017: 1,600, after 1,000 in 2016."
    ]
    land.observe("N2", "2016", 1600)
    assert sentences(store(land, ("N2", 2015, "all", 1000))) == [
        "PEOPLE. Everybody in N2 in 2016: 1,600, after 1,000 in 2015."
    ]
    land.observe("N3", "2016", 1000)
    assert rules(store(land, ("N3", 2017, "all", 1400))) == []


def test_jump_of_a_few_people_is_none(land: Land) -> None:
    land.observe("N1", "2016", 10)
    assert rules(store(land, ("N1", 2017, "all", 30))) == []


def test_jump_at_a_break_in_the_series_is_explained(land: Land) -> None:
    land.observe("N1", "2016", 1000)
    flag = {"flag": {"column": "flag", "codes": {"b": "break"}}}
    header = ("place", "year", "sex", "people", "flag")
    assert rules(store(land, ("N1", 2017, "all", 1600, "b"), header=header, **flag)) == []


def test_gap_between_periods(land: Land) -> None:
    land.observe("N1", "2014", 100)
    batch = store(land, ("N1", 2017, "all", 101), ("N2", 2017, "all", 5))
    assert sentences(batch) == ["PEOPLE. N1 has figures for 2014 and for 2017, and none between them."]


def test_outlier_of_its_own_history(land: Land) -> None:
    for year, amount in enumerate([1000, 1010, 990, 1005, 1000, 1020], start=2010):
        land.observe("N1", str(year), amount)
    QualityRule.objects.filter(code="jump").update(is_active=False)
    batch = store(land, ("N1", 2016, "all", 9000))
    assert sentences(batch) == [
        "PEOPLE. Everybody in N1 in 2016: 9,000, far from all other periods: half of them are below 1,002.5."
    ]
    assert rules(store(land, ("N1", 2016, "all", 1050))) == []


def test_outlier_among_the_places_beside_it(land: Land) -> None:
    scheme, city = land.territories["CITY"].scheme, land.territories["CITY"]
    for number in range(8):
        Territory.objects.create(scheme=scheme, code=f"E{number}", name=f"E{number}", kind="district", parent=city)
    rows = [(f"E{number}", 2017, "all", 10 + number % 2) for number in range(7)]
    batch = published(table(*rows, ("E7", 2017, "all", 90)), "SCORE")
    assert [(finding.territory.code, finding.rule) for finding in batch.findings.all()] == [("E7", "outlier")]


def test_missing_is_never_taken_for_zero(land: Land) -> None:
    land.observe("N1", "2016", 1000)
    land.observe("N1", "2018", 1000)
    batch = store(land, ("N1", 2017, "all", ""), ("N1", 2017, "women", 10))
    assert "jump" not in rules(batch)
    assert "part_over_whole" not in rules(batch)


# --- Thresholds ---------------------------------------------------------------------------------------------------------


def test_every_rule_has_its_row(land: Land) -> None:
    assert set(QualityRule.objects.values_list("code", flat=True)) == set(QualityRule.Code.values)


def test_administrator_sets_the_threshold(land: Land) -> None:
    land.observe("N1", "2016", 1000)
    QualityRule.objects.filter(code="jump").update(threshold=10)
    assert rules(store(land, ("N1", 2017, "all", 1200))) == ["jump"]
    QualityRule.objects.filter(code="jump").update(is_active=False)
    assert rules(store(land, ("N1", 2017, "all", 1201))) == []


# --- Accepting ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def odd(land: Land) -> ImportBatch:
    return store(
        land, ("N1", 2017, "women", 5000), ("N1", 2017, "all", 4800), ("N2", 2017, "women", 50), ("N2", 2017, "all", 48)
    )


def test_batch_with_open_findings_does_not_count(odd: ImportBatch) -> None:
    with pytest.raises(ValidationError, match="4 figures need checking first"):
        imports.approve_import(batch=odd)
    assert not Observation.objects.approved().exists()


def test_one_is_accepted_and_then_the_rest(odd: ImportBatch) -> None:
    steward = UserFactory(is_staff=True)
    first = Finding.objects.filter(batch=odd).first()
    assert quality_actions.accept_findings(batch=odd, finding=first, reason="Counted at another door", by=steward) == 1
    assert quality_actions.accept_findings(batch=odd, rule="part_over_whole", reason="All of them", by=steward) == 1
    with pytest.raises(ValidationError, match="2 figures"):
        imports.approve_import(batch=odd)
    assert quality_actions.accept_findings(batch=odd, reason="The office counts so", by=steward) == 2
    imports.approve_import(batch=odd, by=steward)
    kept = [(finding.reason, finding.accepted_by) for finding in Finding.objects.filter(batch=odd)]
    assert kept[0] == ("Counted at another door", steward)
    assert len(kept) == 4


def test_reason_is_required(odd: ImportBatch) -> None:
    with pytest.raises(ValidationError, match="Say why"):
        quality_actions.accept_findings(batch=odd, reason="  ", by=None)
    assert Finding.objects.open().count() == 4


def test_accepting_again_changes_nothing(odd: ImportBatch) -> None:
    quality_actions.accept_findings(batch=odd, reason="First", by=None)
    assert quality_actions.accept_findings(batch=odd, reason="Second", by=None) == 0
    assert set(Finding.objects.values_list("reason", flat=True)) == {"First"}


def test_nothing_is_accepted_of_what_counts_already(odd: ImportBatch) -> None:
    quality_actions.accept_findings(batch=odd, reason="First", by=None)
    imports.approve_import(batch=odd)
    with pytest.raises(ValidationError, match="approved"):
        quality_actions.accept_findings(batch=odd, reason="Late", by=None)


def test_what_was_approved_meanwhile_is_found(land: Land) -> None:
    first, second = store(land, ("N1", 2016, "all", 1000)), store(land, ("N1", 2017, "all", 9000))
    imports.approve_import(batch=first)
    with pytest.raises(ValidationError, match="One figure"):
        imports.approve_import(batch=second)
    assert rules(second) == ["jump"]


def test_accepted_finding_stays_accepted_while_its_numbers_are_the_same(land: Land, odd: ImportBatch) -> None:
    quality_actions.accept_findings(batch=odd, reason="Right", by=None)
    assert checks.examine(odd) == 0
    Observation.objects.filter(batch=odd, numerator=5000).update(numerator=Decimal(6000))
    assert checks.examine(odd) == 2


def test_sentence_is_in_the_readers_language(odd: ImportBatch) -> None:
    with translation.override("fr"):
        assert any("5\xa0000" in sentence or "5\u202f000" in sentence for sentence in sentences(odd))


def test_as_many_queries_for_many_findings(land: Land, odd: ImportBatch, django_assert_num_queries) -> None:
    few = Finding.objects.filter(batch=odd)[:1]
    for findings in (few, Finding.objects.filter(batch=odd)):
        with django_assert_num_queries(3):
            messages.tell(findings.select_related(*messages.CELL_ROWS))


@pytest.mark.parametrize("look_up", [0, 10**9], ids=["looked up", "one pass"])
def test_both_ways_to_find_what_is_near_find_the_same(
    land: Land, monkeypatch: pytest.MonkeyPatch, look_up: int
) -> None:
    monkeypatch.setattr(checks, "LOOK_UP", look_up)
    for year in range(2012, 2017):
        for place, people in {"N1": 500, "N2": 600, "D1": 1100, "D2": 900}.items():
            land.observe(place, str(year), people)
    land.observe("N1", "2017", 300, key="sex=F")
    land.observe("N1", "2018", 480)
    batch = store(land, ("N1", 2017, "all", 200), ("N2", 2017, "all", 640), ("D1", 2017, "all", 1100))
    found = Finding.objects.filter(batch=batch).values_list("rule", "territory__code", "period__code")
    assert sorted(found) == [
        ("jump", "N1", "2017"), ("jump", "N1", "2018"), ("outlier", "N1", "2017"), ("part_over_whole", "N1", "2017"),
        ("parts_differ", "D1", "2017"), ("parts_differ", "N1", "2017"),
    ]  # fmt: skip
