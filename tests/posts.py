"""Views that take what is typed, and the token of their forms."""

import re
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def token_on(client: Client, url: str) -> str:
    found = TOKEN.search(client.get(url).content.decode())
    assert found is not None
    return found[1]


def views_that_take_a_post(resolver: URLResolver) -> set[type]:
    found: set[type] = set()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            found |= views_that_take_a_post(entry)
        elif isinstance(entry, URLPattern):
            view = getattr(entry.callback, "view_class", None)
            if view is not None and hasattr(view, "post") and "post" in view.http_method_names:
                found.add(view)
    return {
        view
        for view in found
        if view.__module__.split(".")[0] in ("orgs", "indicators", "partnerships", "integration_portal")
    }


def post_seen(client: Client, url: str, fields: dict[str, object]) -> Any:
    """As somebody does who opened the form just now: with what it notes of the row that was there (orgs/forms/portal.py)."""
    seen = client.get(url).context["form"]["seen"].value()
    return client.post(url, {**fields, "seen": seen})
