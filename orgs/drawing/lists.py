"""The pages of a list and the order in which it stands."""

from typing import Any

from django.core.paginator import Page
from django.template import Context


def page_numbers(page: Page[Any]) -> list[int | None]:
    """Numbers for the pager; None stands for the gap between them."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [number if isinstance(number, int) else None for number in numbers]


def sort_header(context: Context, label: str, key: str, css: str = "", parameter: str = "sort") -> dict[str, str]:
    """A heading that sorts the list by the address: first press upwards, second downwards."""
    query = context["request"].GET.copy()
    current = query.get(parameter, "")
    query.pop("page", None)
    query[parameter] = f"-{key}" if current == key else key
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    return {"label": label, "url": f"?{query.urlencode()}", "direction": direction, "css": css}
