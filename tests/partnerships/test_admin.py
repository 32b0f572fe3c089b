import pytest
from django.urls import reverse

from partnerships.assessments.experience import give_experience
from partnerships.models import Criterion, Scale
from partnerships.scales.actions import begin_version
from tests.factories_partnerships import (
    AssessmentFactory,
    ContributionFactory,
    CoordinationTableFactory,
    PracticeFactory,
    criterion,
    level,
    make_document,
)


@pytest.fixture
def things(world):
    partnership = world.partnership()
    assessment = AssessmentFactory(partnership=partnership)
    give_experience(
        assessment=assessment,
        party=world.party(partnership),
        level=level("inform"),
        comment="Said in confidence",
        by=world.owner,
    )
    return {
        "scale": assessment.scale,
        "level": level("inform"),
        "criterion": criterion("I1"),
        "practice": PracticeFactory(),
        "partnership": partnership,
        "assessment": assessment,
        "contribution": ContributionFactory(partnership=partnership),
        "document": make_document(partnership),
        "coordinationtable": CoordinationTableFactory(),
    }


def test_every_page_opens_and_tells_nothing_in_confidence(client, world, things):
    client.force_login(world.administrator)
    for name, thing in things.items():
        for url in (
            reverse(f"admin:partnerships_{name}_changelist"),
            reverse(f"admin:partnerships_{name}_change", args=[thing.pk]),
        ):
            response = client.get(url)
            assert response.status_code == 200, url
            assert "Said in confidence" not in response.content.decode()


@pytest.mark.parametrize("name", ["partnership", "assessment", "contribution", "document", "coordinationtable"])
def test_what_parties_did_is_only_looked_at(client, world, things, name):
    client.force_login(world.administrator)
    assert client.get(reverse(f"admin:partnerships_{name}_add")).status_code == 403
    url = reverse(f"admin:partnerships_{name}_delete", args=[things[name].pk])
    assert client.post(url, {"post": "yes"}).status_code == 403


def test_what_decides_a_used_level_is_fixed(client, world, things):
    client.force_login(world.administrator)
    page = client.get(reverse("admin:partnerships_criterion_change", args=[things["criterion"].pk]))
    shown = page.context["adminform"].form.fields
    assert "name_en" in shown
    assert not {"rule", "evidence_kinds", "code", "level"} & shown.keys()
    things["assessment"].delete()
    page = client.get(reverse("admin:partnerships_criterion_change", args=[things["criterion"].pk]))
    assert "rule" in page.context["adminform"].form.fields
    assert Criterion.objects.count() == 10


def test_another_scale_is_put_to_use(client, world, things):
    empty = Scale.objects.create(code="empty", name="Empty")
    following = begin_version(scale=things["scale"], names={"name_en": "Next"}, by=world.administrator)
    client.force_login(world.administrator)
    url = reverse("admin:partnerships_scale_changelist")
    refused = client.post(url, {"action": "use", "_selected_action": [empty.pk]}, follow=True).content.decode()
    assert "The scale has no level." in refused
    assert list(Scale.objects.filter(is_current=True)) == [things["scale"]]
    client.post(url, {"action": "use", "_selected_action": [following.pk]})
    assert list(Scale.objects.filter(is_current=True)) == [following]
    things["assessment"].refresh_from_db()
    assert things["assessment"].scale == things["scale"]
    client.post(url, {"action": "use", "_selected_action": [following.pk, things["scale"].pk]})
    assert list(Scale.objects.filter(is_current=True)) == [following]
