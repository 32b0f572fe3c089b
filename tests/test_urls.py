"""One hand in what addresses are called: the name says the thing and what is done with it, and the view's class says the same."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.urls.resolvers import RoutePattern

APPS = ("orgs", "indicators", "partnerships")
CLASSES = {
    "list": "ListView",
    "detail": "DetailView",
    "add": "CreateView",
    "edit": "UpdateView",
    "delete": "DeleteView",
}
OTHER_WORDS = ("create", "new", "update", "change", "remove", "destroy", "view", "page", "form")


def named_patterns(resolver: URLResolver | None = None) -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            if entry.app_name in APPS:
                yield from (
                    (f"{entry.app_name}:{one.name}", one) for one in entry.url_patterns if isinstance(one, URLPattern)
                )
            elif not entry.app_name:
                yield from named_patterns(entry)


PATTERNS = dict(named_patterns())


def test_each_app_has_addresses() -> None:
    assert {name.split(":")[0] for name in PATTERNS} == set(APPS)


@pytest.mark.parametrize("name", PATTERNS)
def test_name_and_class_say_the_same(name: str) -> None:
    assert re.fullmatch(r"[a-z]+:[a-z]+(_[a-z]+)*", name)
    verb = name.rsplit("_", 1)[-1]
    assert verb not in OTHER_WORDS or name == "orgs:registration_page", f"say {', '.join(CLASSES)}"
    view = getattr(PATTERNS[name].callback, "view_class", None)
    if view is not None:
        assert view.__name__.endswith("View")
        if verb in CLASSES:
            assert view.__name__.endswith(CLASSES[verb]), view.__name__


def test_no_class_of_a_view_has_two_names() -> None:
    """One address, one view: what two addresses share is a base."""
    classes = [view for pattern in PATTERNS.values() if (view := getattr(pattern.callback, "view_class", None))]
    assert sorted(view.__name__ for view in classes) == sorted({view.__name__ for view in classes})


SAMPLES = {"int": "7"}
"""What stands in an address for a part of that kind; for all others a word that no route has."""
OVERRIDDEN = {"account_login", "account_email", "account_set_password"}
"""Routes of allauth that the portal takes over, under the same name, by standing before them."""


def routes(resolver: URLResolver | None = None, before: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """Name and route of everything but the administration, which has rules of its own, and what allauth writes as regular expressions."""
    for entry in (resolver or get_resolver()).url_patterns:
        if not isinstance(entry.pattern, RoutePattern):
            continue
        route = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", route
        elif entry.app_name != "admin":
            yield from routes(entry, route, f"{space}{entry.namespace}:" if entry.namespace else space)


ROUTES = list(routes())


def sample_of(route: str) -> str:
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda part: SAMPLES.get(part[1] or "", "anything"), route)


def test_no_route_shadows_another() -> None:
    """Whoever asks for an address of a route gets to that very route, and no two have one name."""
    found = {(name, route): resolve(sample_of(route)) for name, route in ROUTES}
    shadowed = [
        f"{name} ({route}) leads to {match.view_name} ({match.route})"
        for (name, route), match in found.items()
        if (match.view_name, match.route) != (name, route)
    ]
    assert shadowed == []
    assert {name for name, _route in ROUTES if [one for one, _other in ROUTES].count(name) > 1} == OVERRIDDEN


def test_no_two_routes_have_the_same_addresses() -> None:
    """But for a word where another route has a part: /indicators/new/ is no indicator."""
    shapes = [re.sub(r"<[^>]+>", "<>", route) for name, route in ROUTES if name not in OVERRIDDEN]
    assert sorted({shape for shape in shapes if shapes.count(shape) > 1}) == []
