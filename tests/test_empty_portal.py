"""A portal in which nobody has done anything yet."""

import pytest
from django.test import Client
from django.urls import reverse


@pytest.mark.django_db
def test_first_page_says_what_the_portal_is_for(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert reverse("orgs:registration_start") in page
    assert reverse("indicators:territory_list") in page
