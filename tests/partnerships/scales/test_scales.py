"""Engagement scales on the pages of administrators: in words, copied to a draft, changed there, and put to use."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from partnerships.assessments.actions import begin_assessment, promise_of
from partnerships.models import Criterion, Level, Scale
from partnerships.scales import actions as scales
from tests.factories_partnerships import AssessmentFactory, PracticeFactory
from tests.pages import words_of
from tests.partnerships.conftest import PERIOD
from tests.posts import post_seen

LIST = reverse("partnerships:scale_list")


def at(name, scale, *rest):
    return reverse(f"partnerships:{name}", args=[scale.code, *rest])


@pytest.fixture
def administrator(client, world):
    client.force_login(world.administrator)
    return world.administrator


@pytest.fixture
def draft(scale, world):
    return scales.begin_version(scale=scale, names={"name_en": "Ours"}, by=world.administrator)


def criterion_of(scale, code):
    return Criterion.objects.get(level__scale=scale, code=code)


def typed(**fields):
    """A criterion that is whole, but for what is said."""
    return {"name_en": "Heard in time", "code": "X1", "stages": "1", "activity": ["hearing"], **fields}


# --- Looking -----------------------------------------------------------------------------------------------------------------


def test_list_says_which_scale_is_used_and_by_how_much(client, administrator, scale, draft):
    for _ in range(2):
        AssessmentFactory()
    words = words_of(client.get(LIST).content.decode())
    assert words.index("Used for new assessments") < words.index("Draft")
    assert "Inform · Consult · Involve · Collaborate · Empower" in words
    shown = client.get(LIST).context["page_obj"]
    assert {one.code: one.number_of_assessments for one in shown} == {scale.code: 2, draft.code: 0}


def test_list_and_page_cost_the_same_for_more(client, administrator, scale, draft):
    def cost(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    before = [cost(LIST), cost(at("scale_detail", draft))]
    for number in range(5):
        scales.begin_version(scale=scale, names={"name_en": f"Next {number}"}, by=administrator)
        for level in draft.levels.all():
            Criterion.objects.create(level=level, code=f"Z{number}", name="More", evidence_kinds=["document:*"])
    assert [cost(LIST), cost(at("scale_detail", draft))] == before


def test_page_says_in_sentences_what_each_level_asks_for(client, administrator, scale):
    page = client.get(at("scale_detail", scale)).content.decode()
    words = words_of(page.partition("<main")[2].partition("</main>")[0])
    for said in (
        "Priorities shared",
        "Activities briefing or notice, meeting, event",
        "The record states the date of the decision it was about, and came earlier.",
        "There is such a record in each of the four stages.",
        "The document is signed by all parties.",
        "The leading authority gave it to a partner.",
        "You will hear of it in time.",
    ):
        assert said in words, said
    for raw in ("activity:", "language_stated", "{"):
        assert raw not in words, raw


# --- Words -------------------------------------------------------------------------------------------------------------------


def test_words_of_a_used_scale_are_changed_and_nothing_else(client, administrator, scale):
    AssessmentFactory()
    before = Criterion.objects.filter(code="I2").values("code", "evidence_kinds", "rule").get()
    criterion, level = criterion_of(scale, "I2"), Level.objects.get(scale=scale, code="inform")
    page = client.get(at("criterion_edit", scale, criterion.pk)).context["form"]
    words = {f"{name}_{code}" for name in ("name", "explanation") for code in ("en", "es", "fr", "ar")}
    assert set(page.fields) == {*words, "seen"}
    post_seen(client, at("criterion_edit", scale, criterion.pk), typed(name_es="A tiempo", before_decision="on"))
    told = {"name_en": "Tell", "name_es": "Contar", "authority_does_en": "It tells.", "promise_en": "You will know."}
    assert post_seen(client, at("level_edit", scale, "inform"), told).status_code == 302
    assert (
        post_seen(client, at("scale_edit", scale), {"name_en": "Our scale", "name_es": "Nuestra escala"}).status_code
        == 302
    )
    for row in (criterion, level, scale):
        row.refresh_from_db()
    assert Criterion.objects.filter(pk=criterion.pk).values("code", "evidence_kinds", "rule").get() == before
    assert (criterion.name, level.name, level.promise, scale.name) == (
        "Heard in time",
        "Tell",
        "You will know.",
        "Our scale",
    )
    with translation.override("es"):
        assert (criterion.name, level.name, level.promise) == ("A tiempo", "Contar", "You will know.")


def test_level_without_its_words_is_refused(client, administrator, scale):
    body = post_seen(
        client, at("level_edit", scale, "inform"), {"name_en": "Tell", "name_es": "Contar"}
    ).content.decode()
    assert body.count("This field is required") >= 2
    assert Level.objects.get(scale=scale, code="inform").name == "Inform"


# --- A new version -----------------------------------------------------------------------------------------------------------


def facts(scale):
    levels = ("code", "order", "name_en", "name_es", "promise_en", "promise_es", "authority_does_en")
    criteria = ("level__code", "code", "name_en", "name_es", "explanation_en", "evidence_kinds", "rule")
    of_scale = Criterion.objects.filter(level__scale=scale).order_by("level__order", "code")
    return [*scale.levels.order_by("order").values_list(*levels), *of_scale.values_list(*criteria)]


def test_new_version_is_a_whole_copy_and_changes_nothing_else(client, administrator, scale):
    before = facts(scale)
    offered = client.get(at("scale_copy", scale)).context["form"]
    assert offered["name_es"].value() == f"{scale.name_es} (2)"
    same = client.post(at("scale_copy", scale), {"name_en": scale.name}).content.decode()
    assert "Choose another name" in same
    named = {"name_en": "Ours", "name_es": "La nuestra"}
    response = client.post(at("scale_copy", scale), named, headers={"accept-language": "es"})
    made = Scale.objects.exclude(pk=scale.pk).get()
    assert response.headers["Location"] == at("scale_detail", made)
    assert (made.code, made.name_en, made.name_es, made.is_current) == (f"{scale.code}-v2", "Ours", "La nuestra", False)
    assert facts(made) == facts(scale) == before
    assert scales.begin_version(scale=made, names={"name_en": "Third"}, by=administrator).code == f"{scale.code}-v3"


def test_criteria_of_a_draft_are_changed_added_and_deleted(client, administrator, scale, draft):
    first = criterion_of(draft, "I1")
    form = client.get(at("criterion_edit", draft, first.pk)).context["form"]
    assert form["activity"].value() == ["briefing", "meeting", "event"]
    changed = typed(code="I1", activity=["*", "hearing"], document=["minutes"], contribution=[], stages="3")
    post_seen(client, at("criterion_edit", draft, first.pk), {**changed, "language_stated": "on"})
    first.refresh_from_db()
    assert (first.evidence_kinds, first.rule) == (
        ["activity:*", "document:minutes"],
        {"stages": 3, "language_stated": True},
    )
    client.post(at("criterion_add", draft, "consult"), typed())
    added = criterion_of(draft, "X1")
    assert (added.level.code, added.evidence_kinds, added.rule) == ("consult", ["activity:hearing"], {})
    assert client.post(at("criterion_delete", draft, added.pk)).status_code == 302
    assert not Criterion.objects.filter(code="X1").exists()
    assert criterion_of(scale, "I1").evidence_kinds != first.evidence_kinds, "the scale it was copied from stays"


def test_kinds_that_nobody_changed_stay_as_they_stand(client, administrator, draft):
    criterion = criterion_of(draft, "I1")
    turned = criterion.evidence_kinds[::-1]
    Criterion.objects.filter(pk=criterion.pk).update(evidence_kinds=turned)
    ticked = {"activity": ["briefing", "meeting", "event"], "document": ["notice", "plan"]}
    post_seen(client, at("criterion_edit", draft, criterion.pk), typed(code="I1", **ticked))
    criterion.refresh_from_db()
    assert (criterion.name, criterion.evidence_kinds, criterion.rule) == ("Heard in time", turned, {})


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"activity": []}, "Choose at least one kind of evidence."),
        ({"activity": ["telegram"]}, "Select a valid choice"),
        ({"signed_by_all": "on"}, "No record of these kinds can have all that is asked of it."),
        ({"code": "C1"}, "Another criterion of this scale has this code."),
        ({"code": "I2"}, "Another criterion of this scale has this code."),
        ({"stages": "9"}, "Select a valid choice"),
        ({"name_en": ""}, "This field is required"),
    ],
)
def test_criterion_that_could_not_be_met_or_told_apart_is_refused(client, administrator, draft, fields, fault):
    url = at("criterion_add", draft, "inform")
    assert fault in client.post(url, typed(**fields)).content.decode()
    assert Criterion.objects.filter(level__scale=draft).count() == 10


def level_typed(**fields):
    return {"name_en": "Delegate", "authority_does_en": "It hands over.", "promise_en": "You decide.", **fields}


def ladder(scale):
    return [(level.order, level.code) for level in scale.levels.order_by("order")]


def test_levels_of_a_draft_are_added_moved_and_deleted(client, administrator, scale, draft):
    shown = client.get(at("level_add", draft)).context["form"]
    assert shown["above"].value() == "empower"
    assert client.post(at("level_add", draft), level_typed(code="delegate", above="collaborate")).status_code == 302
    assert ladder(draft) == [
        (1, "inform"), (2, "consult"), (3, "involve"), (4, "collaborate"), (5, "delegate"), (6, "empower"),
    ]  # fmt: skip
    page = client.get(at("scale_detail", draft)).content.decode()
    assert "“Delegate” has no criterion" in page
    assert at("scale_use", draft) not in page
    post_seen(client, at("level_edit", draft, "delegate"), level_typed(name_en="Hand over", above=""))
    assert ladder(draft)[:2] == [(1, "delegate"), (2, "inform")]
    assert draft.levels.get(code="delegate").name == "Hand over"
    client.post(at("criterion_add", draft, "delegate"), typed())
    assert client.get(at("level_delete", draft, "delegate")).status_code == 200
    assert client.post(at("level_delete", draft, "delegate")).status_code == 302
    assert [code for _order, code in ladder(draft)] == ["inform", "consult", "involve", "collaborate", "empower"]
    assert not Criterion.objects.filter(code="X1").exists()
    assert ladder(scale)[0][1] == "inform", "the scale it was copied from stays"


def test_level_is_refused_that_could_not_be_told_apart_or_stands_nowhere(client, administrator, scale, draft):
    url = at("level_add", draft)
    for taken in ("inform", "add"):
        assert (
            "Another level of this scale has this code." in client.post(url, level_typed(code=taken)).content.decode()
        )
    assert "Select a valid choice" in client.post(url, level_typed(code="delegate", above="elsewhere")).content.decode()
    foreign = scale.levels.get(code="inform")
    with pytest.raises(ValidationError, match="no longer there"):
        scales.save_level(level=Level(scale=draft, code="x", name="X"), above=foreign, by=administrator)
    assert draft.levels.count() == 5


def test_level_that_something_refers_to_stays(client, administrator, draft):
    PracticeFactory(level=draft.levels.get(code="inform"))
    assert "refer to this level" in client.post(at("level_delete", draft, "inform")).content.decode()
    assert draft.levels.count() == 5
    assert Criterion.objects.filter(level__scale=draft).count() == 10


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_what_somebody_else_saved_in_another_language_is_not_overwritten(client, administrator, draft, language):
    url = at("level_edit", draft, "inform")
    seen = client.get(url).context["form"]["seen"].value()
    draft.levels.filter(code="inform").update(**{f"name_{language}": "Theirs"})
    response = client.post(url, level_typed(seen=seen))
    assert "Somebody else saved this while you were writing." in response.content.decode()


@pytest.mark.parametrize(("name", "rest"), [("scale_edit", ()), ("level_edit", ("inform",)), ("criterion_edit", None)])
def test_what_somebody_else_saved_meanwhile_is_not_overwritten(client, administrator, draft, name, rest):
    criterion = criterion_of(draft, "I1")
    url = at(name, draft, *((criterion.pk,) if rest is None else rest))
    seen = client.get(url).context["form"]["seen"].value()
    fields = {**level_typed(), **typed(code="I1"), "seen": seen}
    for model, pk in ((Scale, draft.pk), (Level, draft.levels.get(code="inform").pk), (Criterion, criterion.pk)):
        model.objects.filter(pk=pk).update(name_en="Theirs")
    response = client.post(url, fields)
    assert "Somebody else saved this while you were writing." in response.content.decode()
    assert Criterion.objects.get(pk=criterion.pk).name_en == Scale.objects.get(pk=draft.pk).name_en == "Theirs"
    again = {**fields, "seen": response.context["form"]["seen"].value()}
    assert client.post(url, again).status_code == 302


# --- Putting to use ----------------------------------------------------------------------------------------------------------


def test_draft_is_put_to_use_and_begun_assessments_keep_theirs(client, administrator, world, scale, draft):
    begun, partnership = AssessmentFactory(), world.partnership()
    words = words_of(client.get(at("scale_use", draft)).content.decode())
    assert f"“{scale.name}” is no longer used. 1 assessment was made under it and keeps it." in words
    assert client.post(at("scale_use", draft)).status_code == 302
    assert list(Scale.objects.filter(is_current=True)) == [draft]
    begun.refresh_from_db()
    assert begun.scale == scale
    after = begin_assessment(partnership=partnership, by=world.officer, **PERIOD)
    assert (after.scale, promise_of(after)) == (draft, draft.levels.get(code="involve"))
    assert "New assessments use this scale already." in client.post(at("scale_use", draft)).content.decode()
    page = client.get(at("scale_detail", draft)).content.decode()
    assert at("criterion_add", draft, "inform") not in page, "it is used from now on"
    assert client.get(at("criterion_add", draft, "inform")).status_code == 403


def test_draft_that_could_derive_nothing_is_not_put_to_use(client, administrator, scale, draft):
    for code in ("C1", "C2"):
        client.post(at("criterion_delete", draft, criterion_of(draft, code).pk))
    page = client.get(at("scale_detail", draft)).content.decode()
    assert "“Consult” has no criterion" in page
    assert at("scale_use", draft) not in page
    body = client.post(at("scale_use", draft)).content.decode()
    assert "This scale cannot be used yet." in body
    assert "“Consult” has no criterion" in body
    assert list(Scale.objects.filter(is_current=True)) == [scale]


def test_scale_in_use_stays_whole_though_no_assessment_uses_it_yet(client, administrator, scale):
    assert client.post(at("criterion_delete", scale, criterion_of(scale, "C1").pk)).status_code == 302
    body = client.post(at("criterion_delete", scale, criterion_of(scale, "C2").pk)).content.decode()
    assert "it must stay complete" in body
    assert "“Consult” has no criterion" in body
    assert criterion_of(scale, "C2")


def test_what_decides_a_used_level_is_fixed_for_actions_too(administrator, scale):
    AssessmentFactory()
    criterion = criterion_of(scale, "I1")
    for act in (
        lambda: scales.save_criterion(criterion=criterion, by=administrator),
        lambda: scales.delete_criterion(criterion=criterion, by=administrator),
        lambda: scales.save_level(level=criterion.level, above=None, by=administrator),
        lambda: scales.delete_level(level=criterion.level, by=administrator),
    ):
        with pytest.raises(ValidationError, match="Begin a new version"):
            act()
    assert Criterion.objects.filter(level__scale=scale).count() == 10


def test_draft_is_deleted_and_what_is_referred_to_stays(client, administrator, scale, draft):
    assert "Put another one to use first" in client.post(at("scale_delete", scale)).content.decode()
    practice = PracticeFactory(level=draft.levels.get(code="inform"))
    assert "refer to this scale" in client.post(at("scale_delete", draft)).content.decode()
    assert draft.levels.count() == 5
    assert Criterion.objects.filter(level__scale=draft).count() == 10
    practice.delete()
    assert client.post(at("scale_delete", draft)).headers["Location"] == LIST
    assert list(Scale.objects.all()) == [scale]
    assert Criterion.objects.count() == 10


def test_nobody_but_administrators_keeps_scales(client, world, scale, draft):
    client.force_login(world.manager)
    assert client.get(at("scale_detail", scale)).status_code == 403
    criterion = criterion_of(draft, "I1")
    for act in (
        lambda by: scales.save_words(row=draft, by=by),
        lambda by: scales.save_criterion(criterion=criterion, by=by),
        lambda by: scales.delete_criterion(criterion=criterion, by=by),
        lambda by: scales.save_level(level=criterion.level, above=None, by=by),
        lambda by: scales.delete_level(level=criterion.level, by=by),
        lambda by: scales.begin_version(scale=scale, names={"name_en": "X"}, by=by),
        lambda by: scales.put_to_use(scale=draft, by=by),
        lambda by: scales.discard_scale(scale=draft, by=by),
    ):
        with pytest.raises(PermissionDenied):
            act(world.manager)
    assert Scale.objects.count() == 2
