"""The icons of the portal, drawn into the page."""

import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

ICON_SPRITE = "vendor/bootstrap-icons/bootstrap-icons.svg"
SYMBOL = re.compile(r'<symbol class="[^"]*" viewBox="([^"]+)" id="([^"]+)">(.*?)</symbol>', re.DOTALL)


@cache
def icon_shapes() -> dict[str, tuple[str, str]]:
    """Every icon of the sprite: name → (viewBox, shapes). Read once; inlined, so that no page fetches a megabyte."""
    path = finders.find(ICON_SPRITE)
    if isinstance(path, str):
        sprite = Path(path).read_text(encoding="utf-8")
    elif staticfiles_storage.exists(ICON_SPRITE):
        with staticfiles_storage.open(ICON_SPRITE) as stored:
            sprite = stored.read().decode()
    else:
        return {}
    return {name: (view_box, shapes) for view_box, name, shapes in SYMBOL.findall(sprite)}


def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon by its Bootstrap Icons name. Without a label it is decoration and hidden from assistive technology."""
    view_box, shapes = icon_shapes().get(name, ("0 0 16 16", ""))
    return format_html(
        '<svg class="icon{}" viewBox="{}" width="16" height="16" fill="currentColor" focusable="false" {}>{}</svg>',
        f" {css}" if css else "",
        view_box,
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        mark_safe(shapes),  # noqa: S308 - from the icon package, never from a person
    )
