"""The quality rules on one page, as administrators set them."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from indicators.models import QualityRule
from indicators.quality import actions as quality
from indicators.quality.checks import RULES, limits_in_use
from indicators.quality.defaults import DEFAULTS, Limits
from indicators.quality.forms import ASKED, LIMITS
from orgs.models import User
from tests.factories import UserFactory
from tests.pages import words_of
from tests.posts import post_seen

pytestmark = pytest.mark.django_db
PAGE = reverse("indicators:quality_rules")


@pytest.fixture
def administrator(client: Client) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


def typed(client: Client) -> dict[str, object]:
    """What the form holds when nobody has typed anything."""
    fields = client.get(PAGE).context["form"]
    return {field.name: value for field in fields if (value := field.value()) not in ("", None) and value is not False}


def rule(code: str) -> QualityRule:
    return QualityRule.objects.get(code=code)


@pytest.mark.parametrize("code", RULES)
def test_form_asks_for_each_limit_that_the_rule_reads_and_for_no_other(code: str) -> None:
    read = {limit for limit in LIMITS if any(f"%({limit})s" in repr(statement) for statement in RULES[code])}
    assert set(ASKED.get(code, {})) == read


def test_page_has_every_rule_as_it_is(client: Client, administrator: User) -> None:
    page = words_of(client.get(PAGE).content.decode())
    for code in QualityRule.Code:
        assert str(code.label) in page.lower(), code
    assert typed(client)["jump-threshold"] == "50"
    assert post_seen(client, PAGE, typed(client)).status_code == 302
    assert limits_in_use() == DEFAULTS
    events = apps.get_model("indicators", "QualityRuleEvent").objects.filter(pgh_label="update")
    assert not events.exists(), "nothing has changed"


def test_limits_are_changed_and_it_is_kept_who_did(client: Client, administrator: User) -> None:
    said = typed(client) | {"jump-threshold": "12.5", "gap-threshold": "2", "parts_differ-minimum": "3"}
    del said["fraction-is_active"]
    assert post_seen(client, PAGE, said).status_code == 302
    limits = limits_in_use()
    assert limits["jump"] == Limits(Decimal("12.5"), Decimal(100), Decimal(10))
    assert (limits["gap"].threshold, limits["parts_differ"].minimum) == (2, 3)
    assert "fraction" not in limits
    events = apps.get_model("indicators", "QualityRuleEvent").objects.filter(pgh_label="update")
    assert {event.code for event in events} == {"jump", "gap", "parts_differ", "fraction"}
    assert {event.pgh_context.metadata["user"] for event in events} == {administrator.pk}


@pytest.mark.parametrize(
    ("name", "value"),
    [("jump-threshold", "-1"), ("gap-threshold", "1.5"), ("outlier-minimum", "many"), ("share_over_100-threshold", "")],
)
def test_nonsense_is_refused(client: Client, administrator: User, name: str, value: str) -> None:
    page = post_seen(client, PAGE, typed(client) | {name: value}).content.decode()
    assert "There is a problem" in page
    assert limits_in_use() == DEFAULTS


def test_rules_that_somebody_else_saved_meanwhile_are_not_overwritten(client: Client, administrator: User) -> None:
    said = typed(client)
    QualityRule.objects.filter(code="jump").update(threshold=7)
    page = client.post(PAGE, said | {"jump-threshold": "99"}).content.decode()
    assert "Somebody else saved this" in page
    assert rule("jump").threshold == 7


def test_nobody_but_administrators_writes() -> None:
    with pytest.raises(PermissionDenied):
        quality.set_quality_rules(settings={}, by=UserFactory())
