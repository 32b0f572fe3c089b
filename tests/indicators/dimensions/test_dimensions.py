"""Dimensions and categories as administrators keep them: words in each language, what protects people, and what figures hold fast."""

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators.catalogue import loading
from indicators.catalogue.breakdowns import ensure_breakdowns
from indicators.dimensions import actions as dimensions
from indicators.models import BreakdownMargin, Category, Dimension, Identity, ReportRequest
from orgs.models import User
from orgs.shipped import Vocabulary, load_shipped
from tests.factories import AuthorityFactory, UserFactory
from tests.indicators.land import DIMENSIONS
from tests.pages import words_of
from tests.posts import post_seen

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("indicators:dimension_list"), reverse("indicators:dimension_add")
Typed = dict[str, object]


@pytest.fixture(autouse=True)
def groups() -> None:
    """Sex (F and M), and age with babies and pupils among the children; figures of women and of babies."""
    loading.load_dimensions(DIMENSIONS)
    ensure_breakdowns(["sex=F", "age=BABY"])


@pytest.fixture
def administrator(client: Client) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


def dimension(code: str) -> Dimension:
    return Dimension.objects.get(code=code)


def category(code: str) -> Category:
    return Category.objects.get(code=code)


def url(name: str, row: Any) -> str:
    return reverse(f"indicators:{name}", args=[row.pk])


def as_it_is(one: Category) -> Typed:
    """What the form holds when nobody has typed anything."""
    role = "part" if one.is_part else "beside" if one.is_beside else "apart"
    said: Typed = {"name_en": one.name, "order": one.order, "role": role, "country_code": one.country_code}
    return said | {"parent": one.parent_id or ""} | ({"is_sensitive": "on"} if one.is_sensitive else {})


def said_on(response: Any) -> str:
    return words_of(response.content.decode())


def test_list_says_how_many_categories_there_are_and_which_language_lacks_a_name(
    client: Client, administrator: User
) -> None:
    Dimension.objects.filter(code="sex").update(name_es="Sexo", is_sensitive=True)
    page = said_on(client.get(LIST))
    assert "Sex sex Sensitive No name in Français" in page
    assert page.index("Sex") < page.index("Age")
    rows = client.get(url("category_list", dimension("age")), {"q": "babies"}).context["rows"]
    assert [row["category"].code for row in rows] == ["BABY"]


def test_dimension_is_added_with_its_categories(client: Client, administrator: User) -> None:
    typed = {"code": "faith", "name_en": "Faith", "name_es": "Fe", "order": "9", "is_sensitive": "on"}
    assert client.post(ADD, typed).status_code == 302
    faith = dimension("faith")
    assert (faith.is_sensitive, faith.name_es) == (True, "Fe")  # type: ignore[attr-defined]
    assert "Faith" in said_on(client.get(LIST))
    said = {"code": "OWN", "name_en": "Ours", "order": "1", "role": "part"}
    assert client.post(url("category_add", faith), said).status_code == 302
    added = category("OWN")
    assert (added.dimension, added.is_part, added.parent) == (faith, True, None)
    assert "The category has been added" in said_on(client.get(url("category_list", faith)))


def test_words_are_changed_in_each_language_and_codes_stay(client: Client, administrator: User) -> None:
    typed: Typed = {"code": "GENDER", "name_en": "Gender", "name_ar": "الجنس", "order": "1"}
    assert post_seen(client, url("dimension_edit", dimension("sex")), typed).status_code == 302
    assert (dimension("sex").name_en, dimension("sex").name_ar) == ("Gender", "الجنس")  # type: ignore[attr-defined]
    women = as_it_is(category("F")) | {"code": "W", "name_en": "Women", "name_fr": "Femmes", "order": "7"}
    assert post_seen(client, url("category_edit", category("F")), women).status_code == 302
    assert (category("F").name_fr, category("F").order) == ("Femmes", 7)  # type: ignore[attr-defined]
    events = apps.get_model("indicators", "CategoryEvent").objects.filter(pgh_obj=category("F")).order_by("-pk")
    assert (events[0].order, events[0].pgh_context.metadata["user"]) == (7, administrator.pk)


def test_category_that_somebody_else_saved_meanwhile_is_not_overwritten(client: Client, administrator: User) -> None:
    page = url("category_edit", category("F"))
    seen = client.get(page).context["form"]["seen"].value()
    Category.objects.filter(code="F").update(name_en="Theirs")
    refused = client.post(page, as_it_is(category("F")) | {"name_en": "Mine", "seen": seen})
    assert "Somebody else saved this" in said_on(refused)
    assert category("F").name_en == "Theirs"  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", ["A=B", "A&B", "A B", "A,B", "A|B"])
def test_code_that_would_tear_a_key_is_refused_by_the_form_and_the_database(
    client: Client, administrator: User, code: str
) -> None:
    typed = {"code": code, "name_en": "Odd", "order": "9", "role": "apart"}
    assert "A code has no spaces" in said_on(client.post(url("category_add", dimension("sex")), typed))
    with pytest.raises(IntegrityError):
        Category.objects.create(dimension=dimension("sex"), code=code, name="Odd")


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("M", {"role": "apart"}),
        ("F", {"role": "beside"}),
        ("Y15-29", {"role": "part"}),
        ("PUPIL", {"parent": ""}),
    ],
    ids=["sibling leaves the set", "own role", "set grows", "sibling moves"],
)
def test_what_would_make_figures_add_up_differently_is_refused(
    client: Client, administrator: User, code: str, change: Typed
) -> None:
    before = set(BreakdownMargin.objects.values_list())
    page = post_seen(client, url("category_edit", category(code)), as_it_is(category(code)) | change)
    assert "they would add up differently" in said_on(page)
    assert set(BreakdownMargin.objects.values_list()) == before
    assert Category.objects.filter(code=code, is_part=code != "Y15-29", is_beside=False).exists()
    assert category("PUPIL").parent == category("CHILD")


def test_new_part_of_a_set_with_figures_is_refused_and_one_beside_it_is_not(
    client: Client, administrator: User
) -> None:
    page, typed = url("category_add", dimension("sex")), {"code": "X", "name_en": "Other", "order": "9"}
    assert "they would add up differently" in said_on(client.post(page, typed | {"role": "part"}))
    assert not Category.objects.filter(code="X").exists()
    assert client.get(page).context["form"]["role"].value() == "beside"
    assert client.post(page, typed | {"role": "beside"}).status_code == 302
    margins = {(key, *whole) for key in ("sex=F",) for whole in [("", dimension("sex").pk, 2, False)]}
    found = BreakdownMargin.objects.filter(part__key="sex=F").values_list(
        "part__key", "whole__key", "dimension_id", "set_size", "is_beside"
    )
    assert set(found) == margins


def test_set_without_figures_changes(client: Client, administrator: User) -> None:
    free = Dimension.objects.create(code="free", name="Free")
    ours = Category.objects.create(dimension=free, code="OURS", name="Ours")
    typed = as_it_is(ours) | {"role": "apart"}
    assert post_seen(client, url("category_edit", ours), typed).status_code == 302
    ours.refresh_from_db()
    assert (ours.is_part, ours.is_beside) == (False, False)


def test_category_lies_neither_within_itself_nor_in_another_dimension(administrator: User) -> None:
    child = category("CHILD")
    for parent, said in ((category("BABY"), "within itself"), (category("F"), "same dimension")):
        child.parent = parent
        with pytest.raises(ValidationError, match=said):
            dimensions.save_category(category=child, by=administrator)


def test_less_protection_is_asked_for_by_a_box_of_its_own(client: Client, administrator: User) -> None:
    Dimension.objects.filter(code="sex").update(is_sensitive=True)
    page = url("dimension_edit", dimension("sex"))
    typed: Typed = {"name_en": "Sex", "order": "1"}
    assert "protects people less" in said_on(post_seen(client, page, typed))
    assert dimension("sex").is_sensitive
    assert post_seen(client, page, typed | {"agrees": "on"}).status_code == 302
    assert not dimension("sex").is_sensitive
    assert "agrees" not in client.get(page).context["form"].fields, "it is protected no more"
    assert post_seen(client, page, typed | {"is_sensitive": "on"}).status_code == 302, "more protection needs no box"


@pytest.mark.parametrize("change", [{"is_sensitive": ""}, {"country_code": ""}, {"country_code": "FR"}])
def test_less_protection_of_a_category_is_asked_for_too(client: Client, administrator: User, change: Typed) -> None:
    Category.objects.filter(code="F").update(is_sensitive=True, country_code="ES")
    page, typed = url("category_edit", category("F")), as_it_is(category("F")) | change
    assert "protects people less" in said_on(post_seen(client, page, typed))
    assert post_seen(client, page, typed | {"agrees": "on"}).status_code == 302


def test_only_what_nothing_refers_to_is_deleted(client: Client, administrator: User) -> None:
    page = said_on(client.get(url("category_delete", category("F"))))
    assert "“F” is still used" in page
    assert "Breakdowns: 1" in page
    assert "cannot be deleted" in said_on(client.post(url("category_delete", category("F"))))
    refused = said_on(client.post(url("category_delete", category("M"))))
    assert "they would count as all of the set" in refused
    assert "Categories: 2" in said_on(client.get(url("dimension_delete", dimension("sex"))))
    assert Category.objects.filter(code__in=["F", "M"]).count() == 2
    free = Dimension.objects.create(code="free", name="Free")
    ours = Category.objects.create(dimension=free, code="OURS", name="Ours")
    assert client.post(url("category_delete", ours)).status_code == 302
    assert client.post(url("dimension_delete", free)).status_code == 302
    assert not Dimension.objects.filter(code="free").exists()
    dimensions.delete_category(category=ours, by=administrator)  # As somebody who pressed at the same moment.
    dimensions.delete_dimension(dimension=free, by=administrator)


def test_same_people_under_other_names_are_said_and_taken_back(client: Client, administrator: User) -> None:
    young, page = category("Y15-29"), url("identity_add", category("Y15-29"))
    for typed, said in (
        ({"made_of": "age=NONE"}, "There is no age=NONE"),
        ({"made_of": "nonsense"}, "There is no nonsense"),
        ({"made_of": "age=Y15-29"}, "not made of itself"),
        ({}, "Say what the category is made of"),
    ):
        assert said in said_on(client.post(page, typed)), typed
    said_of_them = {"made_of": "age=PUPIL\nsex=F", "own_country_in": str(dimension("sex").pk), "countries": "ES, FR"}
    assert client.post(page, said_of_them).status_code == 302
    identity = Identity.objects.get()
    assert (identity.whole, set(identity.parts.all())) == (young, {category("PUPIL"), category("F")})
    assert identity.countries == ["ES", "FR"]
    shown = said_on(client.get(url("category_edit", young)))
    assert "Sex: F + Age: Pupils + the country’s own people in “Sex” (ES, FR)" in shown
    assert "Categories made of others: 1" in said_on(client.get(url("category_delete", category("PUPIL"))))
    assert "protected less" in said_on(client.get(url("identity_delete", identity)))
    assert client.post(url("identity_delete", identity)).status_code == 302
    assert not Identity.objects.exists()
    assert apps.get_model("indicators", "IdentityEvent").objects.count() == 2


def test_pages_cost_the_same_for_many(client: Client, administrator: User) -> None:
    def add(number: int) -> None:
        one = Dimension.objects.create(code=f"free-{number}", name="Free")
        Category.objects.create(dimension=one, code="A", name="A")
        age = dimension("age")
        more = Category.objects.create(
            dimension=age, code=f"A{number}", name="A", parent=category("CHILD"), is_part=False
        )
        Identity.objects.create(whole=category("Y15-29"), own_country_in=one).parts.set([more])

    pages = [LIST, url("category_list", dimension("age")), url("category_edit", category("Y15-29"))]

    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        return len(captured)

    add(0)
    few = [queries(page) for page in pages * 2][len(pages) :]
    for number in range(1, 6):
        add(number)
    assert [queries(page) for page in pages] == few


def test_later_version_of_the_software_leaves_what_was_changed(client: Client, administrator: User) -> None:
    shipped = {loading.code_of_category(one): one for one in loading.categories_in(DIMENSIONS)}

    def ship(entries: dict[str, Any]) -> None:
        kind = Vocabulary("category", lambda: entries, loading.write_categories, loading.category_states)
        assert load_shipped([kind]) == []

    Identity.objects.all().delete()
    Category.objects.filter(code="Y15-29").delete()
    ship({"age=Y15-29": shipped["age=Y15-29"]})
    young = as_it_is(category("Y15-29")) | {"name_es": "Jóvenes"}
    assert post_seen(client, url("category_edit", category("Y15-29")), young).status_code == 302
    ship({"age=Y15-29": shipped["age=Y15-29"] | {"name": {"en": "Young", "es": "Gente joven"}}})
    assert (category("Y15-29").name_en, category("Y15-29").name_es) == ("15 to 29", "Jóvenes")  # type: ignore[attr-defined]


def test_nobody_but_administrators_writes() -> None:
    person, one = UserFactory(), category("M")
    identity = Identity.objects.create(whole=one)
    for act in (
        lambda: dimensions.save_dimension(dimension=dimension("sex"), by=person),
        lambda: dimensions.delete_dimension(dimension=dimension("sex"), by=person),
        lambda: dimensions.save_category(category=one, by=person),
        lambda: dimensions.delete_category(category=one, by=person),
        lambda: dimensions.add_identity(identity=identity, parts=[], by=person),
        lambda: dimensions.delete_identity(identity=identity, by=person),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert Identity.objects.count() == 1


def test_group_that_is_not_added_up_stays_where_figures_rely_on_it(administrator: User) -> None:
    """A release ties it to what it lies in all the same."""
    europe = Category.objects.create(dimension=dimension("age"), code="OVER", name="Over", is_part=False, order=90)
    within = Category.objects.create(
        dimension=dimension("age"), parent=europe, code="IN", name="In", is_part=False, order=91
    )
    ensure_breakdowns(["age=IN"])
    within.parent = None
    with pytest.raises(ValidationError, match="could be recognised"):
        dimensions.save_category(category=within, by=administrator)
    within.refresh_from_db()
    assert within.parent == europe


@pytest.mark.parametrize(
    ("codes", "role"),
    [(("Y0-14", "Y_GE15"), "is_beside"), (("Y0-14", "Y_GE15", "UNK"), "is_part")],
    ids=["everybody", "all ages"],
)
def test_bands_stay_tied_to_the_total_of_figures_of_some_of_them(
    administrator: User, codes: tuple[str, ...], role: str
) -> None:
    """Also where figures are of bands that are not added up."""
    bands = Dimension.objects.create(code="years", name="Years", order=99)
    for order, code in enumerate(codes):
        Category.objects.create(dimension=bands, code=code, name=code, order=order)
    Category.objects.create(dimension=bands, code="Y_GE18", name="Adults", order=8, is_part=False)
    ensure_breakdowns(["years=Y_GE18"])
    code = "NONE" if role == "is_beside" else "Y5-9"
    unknown = Category(dimension=bands, code=code, name=code, order=9, **{"is_part": False, role: True})
    with pytest.raises(ValidationError, match="they would add up differently"):
        dimensions.save_category(category=unknown, by=administrator)
    assert not Category.objects.filter(dimension=bands, code=code).exists()


def test_country_s_own_people_stay_while_others_are_known_to_be_made_of_them(administrator: User) -> None:
    papers = Dimension.objects.create(code="papers", name="Papers", order=98)
    own = Category.objects.create(dimension=papers, code="ESP", name="Spain", country_code="ES", order=1)
    other = Category(dimension=papers, code="AFR", name="Africa", country_code="ES", order=0)
    with pytest.raises(ValidationError, match="stands for this country already"):
        dimensions.save_category(category=other, by=administrator)
    Identity.objects.create(whole=category("F"), own_country_in=papers)
    with pytest.raises(ValidationError, match="could be recognised"):
        dimensions.delete_category(category=own, by=administrator)
    with pytest.raises(ValidationError, match="not made of itself"):
        dimensions.add_identity(identity=Identity(whole=own, own_country_in=papers), parts=[], by=administrator)


@pytest.mark.parametrize("code", ["period", "obs-value", "source", "Sex"])
def test_code_that_files_have_already_is_refused(client: Client, administrator: User, code: str) -> None:
    page = client.post(ADD, {"code": code, "name_en": "It", "order": "9"})
    assert "Files have a column of this name already" in said_on(page)
    assert not Dimension.objects.filter(code=code).exists()


def test_country_is_kept_as_iso_has_it(client: Client, administrator: User) -> None:
    typed = {"code": "GRC", "name_en": "Greece", "order": "9", "role": "apart", "country_code": "el"}
    assert client.post(url("category_add", dimension("sex")), typed).status_code == 302
    assert category("GRC").country_code == "GR"


def test_dimension_that_a_request_for_figures_names_stays(administrator: User) -> None:
    asked = Dimension.objects.create(code="asked", name="Asked", order=97)
    authority = AuthorityFactory()
    ReportRequest.objects.create(
        dimension=asked, authority=authority, territory=authority.territory, title="Asked", due_on="2030-01-01"
    )
    with pytest.raises(ValidationError, match="still used"):
        dimensions.delete_dimension(dimension=asked, by=administrator)
