"""Stewards keep the catalogue: versions of what is counted, what may change when, and who may change it."""

import csv
import itertools
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from indicators.catalogue import actions as catalogue_actions
from indicators.catalogue import loading
from indicators.catalogue.wording import WORDS, WordingChange, version_of, words_of
from indicators.models import ImportBatch, Indicator, IndicatorVersion, ReleasedIndicator, SavedMapping
from indicators.releases import actions as releases
from indicators.rollup import worker
from indicators.vocabulary import PROTECTIONS
from orgs import installation
from orgs.models import Domain, Portal, User
from orgs.shipped import Vocabulary, load_shipped
from tests.factories import AuthorityFactory, MembershipFactory, UserFactory
from tests.factories_indicators import IndicatorFactory, StewardFactory
from tests.indicators.land import Land, make_land, table
from tests.pages import words_of as text_of


@pytest.fixture
def land(db: None) -> Land:
    """For each test anew: some here commit, or make another one."""
    return make_land()


@pytest.fixture
def steward(db: None) -> User:
    return StewardFactory().user


@pytest.fixture
def people(land: Land, steward: User) -> Indicator:
    """With figures of 2022; of the steward's authority."""
    land.observe("N1", "2022", 7)
    owner = steward.memberships.get().organisation
    Indicator.objects.filter(pk=land.indicators["PEOPLE"].pk).update(owner=owner)
    land.indicators["PEOPLE"].owner = owner
    return land.indicators["PEOPLE"]


def edit(indicator: Indicator, by: User, **changes: Any) -> Indicator:
    facts = {name: changes.pop(name) for name in ("wording", "valid_from_year", "note") if name in changes}
    changed = Indicator.objects.get(pk=indicator.pk)
    for name, value in changes.items():
        setattr(changed, name, value)
    return catalogue_actions.edit_indicator(indicator=changed, breakdowns=[], by=by, **facts)


def redefine(indicator: Indicator, by: User, year: int = 2024, definition: str = "Those who live here.") -> Indicator:
    return edit(
        indicator,
        by,
        definition_en=definition,
        wording=WordingChange.DEFINITION,
        valid_from_year=year,
        note="The register was reformed",
    )


def fields_of(indicator: Indicator, **changes: Any) -> dict[str, Any]:
    """What the form posts for the indicator as it is."""
    return {
        "name_en": indicator.name,
        "definition_en": indicator.definition,
        "measure": indicator.measure,
        "unit": indicator.unit,
        "factor": indicator.factor,
        "time_operator": indicator.time_operator,
        "frequency": indicator.frequency,
        "direction": indicator.direction,
        "population": indicator.population,
        "comparator": indicator.comparator,
        "domain": indicator.domain_id,
        "order": indicator.order,
        "decimals": indicator.decimals,
        "threshold": indicator.threshold,
        "rounding": indicator.rounding,
        "version": indicator.version,
        **changes,
    }


def page(name: str, code: str = "PEOPLE") -> str:
    return reverse(f"indicators:{name}", args=[code])


# --- Versions -----------------------------------------------------------------------------------------------------


def test_new_definition_is_a_version_and_earlier_figures_keep_theirs(people: Indicator, steward: User) -> None:
    redefine(people, steward)
    people.refresh_from_db()
    first, second = people.versions.order_by("number")
    assert (first.number, first.valid_from_year, first.definition, first.made_by) == (1, 0, "PEOPLE", None)
    assert (second.number, second.valid_from_year, second.definition) == (2, 2024, "Those who live here.")
    assert (second.note, second.made_by) == ("The register was reformed", steward)
    assert people.definition == "Those who live here."
    assert version_of(people, 2022) == first
    assert version_of(people, 2024) is None


def test_page_of_a_figure_says_what_it_counted(land: Land, people: Indicator, steward: User, client: Client) -> None:
    land.observe("N1", "2024", 8)
    redefine(people, steward, 2025)
    land.observe("N1", "2025", 9)
    worker.roll_up()
    releases.publish_release(note="First")
    old, new = (
        text_of(
            client.get(reverse("indicators:figure_detail", args=["PEOPLE", "test-land", "CITY", year])).content.decode()
        )
        for year in ("2024", "2025")
    )
    assert "What was counted in 2024" in old
    assert "This figure was counted by the earlier one" in old
    assert "What was counted" not in new


def test_correction_is_kept_as_a_version_of_the_same_years(people: Indicator, steward: User) -> None:
    redefine(people, steward)
    edit(people, steward, definition_en="Those who live here now.", wording=WordingChange.CORRECTION)
    last = people.versions.earliest("-number")
    assert (last.number, last.valid_from_year, last.definition) == (3, 2024, "Those who live here now.")
    people.refresh_from_db()
    assert version_of(people, 2024) is None
    before = version_of(people, 2023)
    assert before is not None
    assert before.number == 1


def test_saving_without_changed_words_makes_no_version(people: Indicator, steward: User) -> None:
    edit(
        people,
        steward,
        threshold=10,
        rounding=10,
        wording=WordingChange.DEFINITION,
        valid_from_year=2030,
        note="Nothing",
    )
    people.refresh_from_db()
    assert people.threshold == 10
    assert [version.number for version in people.versions.all()] == [1]


def test_words_in_another_language_count_as_words(people: Indicator, steward: User) -> None:
    edit(people, steward, name_es="Personas", wording=WordingChange.CORRECTION)
    assert words_of(people.versions.earliest("-number"))["name_es"] == "Personas"


def test_versions_are_frozen(people: Indicator, steward: User) -> None:
    redefine(people, steward)
    for change in (lambda found: found.update(note="Another reason"), lambda found: found.delete()):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            change(IndicatorVersion.objects.filter(indicator=people))


@pytest.mark.parametrize(
    ("facts", "field", "message"),
    [
        ({}, "wording", "Say whether something else is counted"),
        ({"wording": "definition", "note": "Reform"}, "valid_from_year", "the first year that is counted"),
        ({"wording": "definition", "valid_from_year": 2024, "note": " "}, "note", "Give the reason for the change"),
        (
            {"wording": "definition", "valid_from_year": 2022, "note": "Reform"},
            "valid_from_year",
            "There are already figures for 2022",
        ),
    ],
)
def test_changed_words_without_what_they_need_are_refused(
    people: Indicator, steward: User, facts: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ValidationError, match=message) as refusal:
        edit(people, steward, definition_en="Others", **facts)
    assert list(refusal.value.error_dict) == [field]
    people.refresh_from_db()
    assert people.definition == "PEOPLE"


def test_years_of_versions_do_not_go_back(people: Indicator, steward: User) -> None:
    redefine(people, steward, 2026)
    with pytest.raises(ValidationError, match="The definition changed in 2026 already"):
        redefine(people, steward, 2025, "Somebody else")


# --- What may change ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [("measure", "score"), ("unit", "years"), ("factor", 100), ("time_operator", "sum"), ("frequency", "month")],
)
def test_what_is_computed_is_locked_by_figures(people: Indicator, steward: User, field: str, value: Any) -> None:
    with pytest.raises(ValidationError, match="This indicator has figures") as refusal:
        edit(people, steward, **{field: value})
    assert list(refusal.value.error_dict) == [field]


def test_what_is_computed_is_free_before_figures_and_after_all_were_taken_back(land: Land, steward: User) -> None:
    people = land.indicators["PEOPLE"]
    Indicator.objects.filter(pk=people.pk).update(owner=steward.memberships.get().organisation)
    assert edit(people, steward, frequency="month").frequency == "month"
    land.observe("N1", "2022", 7, status="withdrawn", approved_at=None)
    assert edit(people, steward, frequency="year").frequency == "year"


def test_ideal_without_value_is_refused(people: Indicator, steward: User) -> None:
    with pytest.raises(ValidationError, match="An ideal value is only used with the direction"):
        edit(people, steward, direction="ideal")


def test_checked_definition_is_provisional_again_once_it_changes(people: Indicator, steward: User) -> None:
    Indicator.objects.filter(pk=people.pk).update(is_provisional=True)
    checked = catalogue_actions.check_definition(indicator=people, by=steward)
    assert (checked.is_provisional, checked.checked_by) == (False, steward)
    with pytest.raises(ValidationError, match="checked already"):
        catalogue_actions.check_definition(indicator=people, by=steward)
    edit(people, steward, definition_en="PEOPLE.", wording=WordingChange.CORRECTION)
    people.refresh_from_db()
    assert people.checked_on is not None
    redefine(people, steward)
    people.refresh_from_db()
    assert (people.is_provisional, people.checked_by, people.checked_on) == (True, None, None)


def test_definition_is_provisional_or_checked(people: Indicator) -> None:
    with pytest.raises(DatabaseError, match="indicator_provisional_or_checked"):
        Indicator.objects.filter(pk=people.pk).update(is_provisional=True, checked_on="2025-01-01")


# --- Retiring -----------------------------------------------------------------------------------------------------


def test_retired_indicator_takes_no_figures_and_leaves_the_lists(land: Land, people: Indicator, steward: User) -> None:
    catalogue_actions.retire_indicator(indicator=people, by=steward)
    with pytest.raises(ValidationError, match="retired already"):
        catalogue_actions.retire_indicator(indicator=people, by=steward)
    batch = land.check(table(("N1", 2023, "women", 7)))
    assert batch.state == ImportBatch.State.REFUSED
    assert [message.code for message in batch.messages.all()] == ["retired_indicator"]
    client = Client()
    assert page("indicator_detail") not in client.get(reverse("indicators:indicator_list")).content.decode()
    assert "It takes no new figures and is no longer listed." in client.get(page("indicator_detail")).content.decode()


def test_retired_indicator_is_found_and_taken_up_again(people: Indicator, steward: User, client: Client) -> None:
    client.force_login(steward)
    assert "Retire “PEOPLE”?" in client.get(page("indicator_retire")).content.decode()
    client.post(page("indicator_retire"))
    assert page("indicator_detail") in client.get(reverse("indicators:indicator_list")).content.decode()
    assert "Restore it" in client.get(page("indicator_detail")).content.decode()
    client.post(page("indicator_restore"))
    people.refresh_from_db()
    assert people.retired_on is None
    answer = client.post(page("indicator_restore"), follow=True)
    assert "This indicator is in use" in answer.content.decode()


# --- Who may ------------------------------------------------------------------------------------------------------


def test_owned_indicator_is_kept_by_the_stewards_of_its_owner(people: Indicator, steward: User) -> None:
    owner = AuthorityFactory()
    Indicator.objects.filter(pk=people.pk).update(owner=owner)
    for act in (
        catalogue_actions.retire_indicator,
        catalogue_actions.restore_indicator,
        catalogue_actions.check_definition,
    ):
        with pytest.raises(PermissionDenied):
            act(indicator=people, by=steward)
    with pytest.raises(PermissionDenied):
        edit(people, steward, threshold=10, rounding=10)
    theirs = MembershipFactory(organisation=owner, role="steward").user
    assert edit(people, theirs, threshold=10, rounding=10).threshold == 10
    assert edit(people, UserFactory(is_staff=True), threshold=20, rounding=10).threshold == 20


def test_owner_of_an_indicator_is_changed_by_administrators(people: Indicator, steward: User) -> None:
    """Neither given away, nor to the platform, nor taken over."""
    for owner in (AuthorityFactory(), None):
        with pytest.raises(PermissionDenied):
            edit(people, steward, owner=owner)
    own = steward.memberships.get().organisation
    Indicator.objects.update(owner=None)
    with pytest.raises(PermissionDenied):
        edit(people, steward, owner=own)
    assert edit(people, UserFactory(is_staff=True), owner=own).owner == own


def test_officer_adds_no_indicator(land: Land) -> None:
    officer = MembershipFactory(organisation=AuthorityFactory(), role="officer").user
    with pytest.raises(PermissionDenied):
        catalogue_actions.add_indicator(indicator=IndicatorFactory.build(), breakdowns=[], by=officer)


# --- In the browser -----------------------------------------------------------------------------------------------


def test_steward_adds_an_indicator(land: Land, steward: User, client: Client) -> None:
    client.force_login(steward)
    url = reverse("indicators:indicator_add")
    pattern = land.indicators["RATE"]
    fields = fields_of(
        pattern,
        code="L1.1",
        name_en="In a choir",
        name_es="En un coro",
        definition_en="Those who sing in a choir.",
        sdg_targets="16.7, 10.2",
        gcm_objectives=["16"],
        breakdowns=[dimension.pk for dimension in pattern.breakdowns.all()],
        owner=steward.memberships.get().organisation_id,
        threshold=5,
        rounding=5,
    )
    del fields["version"]
    refused = client.post(url, fields | {"code": "choir", "sdg_targets": "99.1", "definition_en": ""})
    assert set(refused.context["form"].errors) == {"code", "sdg_targets", "definition_en"}
    assert client.post(url, fields).headers["Location"] == "/indicators/L1.1/"
    added = Indicator.objects.get(code="L1.1")
    assert (words_of(added)["name_es"], added.sdg_targets, added.gcm_objectives) == (
        "En un coro",
        ["16.7", "10.2"],
        [16],
    )
    assert (added.is_provisional, added.owner) == (True, steward.memberships.get().organisation)
    assert [(version.number, version.valid_from_year) for version in added.versions.all()] == [(1, 0)]
    again = client.post(url, fields)
    assert "already exists" in str(again.context["form"].errors["code"])


def test_words_are_needed_in_the_first_language_of_the_portal(land: Land, steward: User, client: Client) -> None:
    installation.remember(Portal(first_language="es", languages=["es", "en"]))
    client.force_login(steward)
    url = reverse("indicators:indicator_add")
    fields = dict.fromkeys(fields_of(land.indicators["RATE"]), "")
    assert {"name_es", "definition_es"} <= set(errors := client.post(url, fields).context["form"].errors)
    assert not {"name_en", "definition_en"} & set(errors)
    page = client.get(url)
    assert "In Spanish. Readers of other languages see this text where theirs is missing." in text_of(
        page.content.decode()
    )
    assert [field.name for field in page.context["form"].words()][1:3] == ["name_es", "definition_es"]
    assert (str(WORDS["name_es"]), str(WORDS["name_en"])) == ("Name", "Name (English)")


def test_released_words_and_titles_of_mappings_in_one_language_are_read_by_all() -> None:
    with translation.override("fr"):
        assert ReleasedIndicator(code="X1", texts={"name": {"es": "Empleo"}}).name == "Empleo"
        assert ReleasedIndicator(code="X1", texts={"name": {"es": "Empleo", "en": "Jobs"}}).name == "Jobs"
        assert SavedMapping(name="x", definition={"title": {"es": "Padrón"}}).title == "Padrón"
    assert ReleasedIndicator(code="X1", texts={}).name == "X1"


def test_form_says_what_is_locked_and_reads_nothing_for_it(people: Indicator, steward: User, client: Client) -> None:
    client.force_login(steward)
    assert "how it is counted can no longer be changed" in client.get(page("indicator_edit")).content.decode()
    fields = fields_of(people, measure="ratio", threshold=10, rounding=10)
    assert client.post(page("indicator_edit"), fields).status_code == 302
    people.refresh_from_db()
    assert (people.measure, people.threshold) == ("count", 10)


def test_new_definition_is_made_and_told_in_the_browser(people: Indicator, steward: User, client: Client) -> None:
    client.force_login(steward)
    fields = fields_of(people, definition_en="Those who live here.")
    refused = client.post(page("indicator_edit"), fields)
    assert "Say whether something else is counted" in str(refused.context["form"].errors["wording"])
    fields |= {"wording": "definition", "valid_from_year": "2024", "note": "The register was reformed"}
    assert client.post(page("indicator_edit"), fields).status_code == 302
    client.logout()
    assert "Defined like this since 2024" in client.get(page("indicator_detail")).content.decode()
    history = text_of(client.get(page("indicator_history")).content.decode())
    for words in ("From 2024 on", "The register was reformed", "From the beginning", "Those who live here."):
        assert words in history
    assert steward.name not in history


def test_protection_that_was_not_tried_is_not_offered(people: Indicator, steward: User, client: Client) -> None:
    client.force_login(steward)
    form = client.get(page("indicator_edit")).context["form"]
    assert [value for value, _ in form.fields["threshold"].widget.choices] == [0, 5, 10, 20]
    refused = client.post(page("indicator_edit"), fields_of(people, threshold=10, rounding=1))
    assert "together do not protect people" in refused.content.decode()
    people.refresh_from_db()
    assert (people.threshold, people.rounding) == (0, 1)
    for threshold, rounding in itertools.product(range(12), range(1, 12)):
        change = Indicator.objects.filter(pk=people.pk)
        if (threshold, rounding) in PROTECTIONS:
            assert change.update(threshold=threshold, rounding=rounding) == 1
        else:
            with pytest.raises(IntegrityError, match="indicator_protection_offered"), transaction.atomic():
                change.update(threshold=threshold, rounding=rounding)


def test_history_tells_of_rules_and_of_people_to_stewards(people: Indicator, steward: User, client: Client) -> None:
    client.force_login(steward)
    client.post(page("indicator_edit"), fields_of(people, threshold=10, rounding=5, direction="up"))
    history = text_of(client.get(page("indicator_history")).content.decode())
    assert "Smallest group shown 0 10" in history
    assert "Direction context only higher is better" in history
    assert steward.name in history


def test_second_steward_is_told_and_loses_nothing(people: Indicator, steward: User, client: Client) -> None:
    client.force_login(steward)
    second = Client()
    second.force_login(StewardFactory(organisation=people.owner).user)
    seen = fields_of(people)
    client.post(page("indicator_edit"), seen | {"threshold": 10, "rounding": 10})
    refused = second.post(
        page("indicator_edit"), seen | {"threshold": 5, "rounding": 5, "eurostat_datasets": "lfsa_ergan"}
    )
    assert "Somebody else saved this" in str(refused.context["form"].non_field_errors())
    assert "Smallest group shown" in str(refused.context["form"].non_field_errors())
    assert "lfsa_ergan" in refused.content.decode()
    people.refresh_from_db()
    assert (people.threshold, people.rounding) == (10, 10)
    version = refused.context["form"]["version"].value()
    assert (
        second.post(page("indicator_edit"), seen | {"threshold": 20, "rounding": 10, "version": version}).status_code
        == 302
    )
    people.refresh_from_db()
    assert (people.threshold, people.rounding) == (20, 10)


def test_retiring_is_noticed_by_who_edits(people: Indicator, steward: User, client: Client) -> None:
    client.force_login(steward)
    seen = fields_of(people)
    catalogue_actions.retire_indicator(indicator=people, by=steward)
    refused = client.post(page("indicator_edit"), seen)
    assert "Somebody else saved this" in str(refused.context["form"].non_field_errors())
    people.refresh_from_db()
    assert people.retired_on is not None


@pytest.mark.django_db(transaction=True)
def test_two_new_definitions_at_once_leave_one() -> None:
    """The second waits for the first and is then refused, for the year is taken."""
    steward = StewardFactory().user
    indicator = IndicatorFactory(owner=steward.memberships.get().organisation)
    barrier, outcomes = threading.Barrier(2), []

    def run(definition: str) -> None:
        try:
            barrier.wait(timeout=20)
            redefine(indicator, steward, definition=definition)
            outcomes.append("stored")
        except ValidationError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[definition]) for definition in ("Ours", "Theirs")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["refused", "stored"]
    assert indicator.versions.count() == 2


# --- The catalogue that the portal comes with ---------------------------------------------------------------------

DATA = Path(settings.BASE_DIR) / "indicators" / "data"
UNITS = {
    "%": {"percent"},
    "% of active": {"percent"},
    "% of employed": {"percent"},
    "% of amount": {"percent"},
    "0-1": {"index_0_1"},
    "0-3": {"index_0_3"},
    "0-4": {"index_0_4"},
    "0-100": {"index_0_100"},
    "index": {"index_0_100"},
    "0-50-100": {"index_0_50_100"},
    "mean 0-10": {"mean_0_10"},
    "ratio, ideal 1": {"ratio"},
    "rate": {"per_100", "per_1000", "per_100000", "percent"},
    "places per 100": {"per_100"},
    "days": {"days"},
    "agreements": {"agreements"},
}


def catalogue() -> list[dict[str, Any]]:
    return json.loads((DATA / "catalogue.json").read_text(encoding="utf-8"))


@pytest.fixture
def words(db: None) -> None:
    """What the catalogue is told in."""
    for entry in json.loads((DATA / "domains.json").read_text(encoding="utf-8")):
        Domain.objects.create(code=entry["code"], slug=entry["slug"], order=entry["order"], name_en=entry["name"]["en"])
    loading.load_dimensions(json.loads((DATA / "dimensions.json").read_text(encoding="utf-8")))


@pytest.fixture
def loaded(words: None) -> None:
    loading.load_catalogue(catalogue())


@pytest.mark.shared
def test_catalogue_holds_every_indicator_of_the_list(loaded: None, shared: Path) -> None:
    with (shared / "domain/indicators.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 81
    held = {indicator.code: indicator for indicator in Indicator.objects.select_related("domain")}
    wrong = []
    for row in rows:
        indicator = held[row["code"]]
        direction, _colon, ideal = row["direction"].partition(":")
        expected = {
            "domain": row["domain"],
            "measure": row["measure"],
            "direction": direction,
            "ideal": ideal,
            "comparator": row["comparator"].replace(" ", "_"),
            "sdg": sorted(part.strip() for part in row["sdg_targets"].split(";") if part.strip()),
            "gcm": sorted(int(part) for part in row["gcm_objectives"].split(";") if part.strip()),
            "framework": row["framework"],
            "provisional": row["definition_read_at_source"] == "no",
        }
        found = {
            "domain": indicator.domain.slug,
            "measure": indicator.measure,
            "direction": indicator.direction,
            "ideal": "" if indicator.ideal_value is None else f"{indicator.ideal_value.normalize():f}",
            "comparator": indicator.comparator,
            "sdg": sorted(indicator.sdg_targets),
            "gcm": sorted(indicator.gcm_objectives),
            "framework": indicator.framework,
            "provisional": indicator.is_provisional,
        }
        wrong += [
            f"{row['code']} {name}: {found[name]}, {expected[name]}" for name in found if found[name] != expected[name]
        ]
        if indicator.unit not in UNITS[row["unit"]]:
            wrong.append(f"{row['code']} unit: {indicator.unit}, {row['unit']}")
        if not (words_of(indicator)["name_es"] and words_of(indicator)["definition_es"]):
            wrong.append(f"{row['code']} has no Spanish words")
    assert wrong == []


def test_loading_again_changes_nothing(loaded: None) -> None:
    before = IndicatorVersion.objects.count()
    assert before == Indicator.objects.count() == len(catalogue())
    loading.load_catalogue(catalogue())
    assert IndicatorVersion.objects.count() == before


def test_loading_corrects_words_but_leaves_what_somebody_has_edited(words: None) -> None:
    entries = {entry["code"]: entry for entry in catalogue()}
    shipped = Vocabulary("indicator", lambda: entries, loading.load_catalogue, loading.indicator_states)
    assert load_shipped([shipped]) == []
    for entry in entries.values():
        entry["definition"]["en"] += " Mended."
    edited, other = Indicator.objects.get(code="D1.4"), Indicator.objects.get(code="D1.2")
    redefine(edited, UserFactory(is_staff=True), 2030)
    assert load_shipped([shipped]) == []
    for indicator in (edited, other):
        indicator.refresh_from_db()
    assert edited.definition == "Those who live here."
    assert other.definition.endswith("Mended.")
    assert [(version.number, version.valid_from_year) for version in other.versions.all()] == [(2, 0), (1, 0)]
    assert edited.versions.count() == 2
