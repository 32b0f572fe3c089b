"""One hand in what addresses are called: the name says the thing and what is done with it, and the view's class says the same."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

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
