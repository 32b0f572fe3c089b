"""Figures in a page: as numbers, small lines and bars."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from orgs.numbers import Number, write_number


def figure(value: Number | None, decimals: int | str | None = None, sign: bool = False) -> str:
    """A number in the reader's own way of writing it; with -2 decimals at most two, without any given one, and none where it is whole."""
    if value is None:
        return ""
    places = -1 if decimals in (None, "") else int(decimals)
    if places < 0:
        return write_number(value, at_most=-places, has_plus=sign)
    return write_number(value, places, has_plus=sign)


def as_number(point: Any) -> float | None:
    """A number from what views hand over: a number, None, a (label, number) pair, a mapping or an object's `value`."""
    if isinstance(point, tuple | list):
        point = point[-1]
    elif isinstance(point, dict):
        point = point.get("value")
    elif hasattr(point, "value"):
        point = point.value
    return None if point is None else float(point)


def polylines(values: Sequence[float | None], width: float, height: float) -> list[list[tuple[float, float]]]:
    """Runs of points between gaps, scaled into a box; a gap in the figures stays a gap in the line."""
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = width / max(len(values) - 1, 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            level = 0.5 if high == low else (value - low) / span
            runs[-1].append((round(place * step, 1), round(height * (1 - level), 1)))
    return [run for run in runs if run]


def sparkline(points: Iterable[Any], label: str = "", width: int = 120, height: int = 32) -> SafeString:
    """A trend as a small line, drawn on the server. Give a label where no sentence beside it tells the same."""
    values = [as_number(point) for point in points]
    if not any(value is not None for value in values):
        return SafeString("")
    inset = 4
    runs = [
        [(x + inset, y + inset) for x, y in run] for run in polylines(values, width - 2 * inset, height - 2 * inset)
    ]
    base = height - 1
    shapes = [
        format_html(
            '<path class="sparkline-area" d="M{} {}L{}L{} {}Z"/><polyline class="sparkline-line" points="{}"/>',
            run[0][0],
            base,
            "L".join(f"{x} {y}" for x, y in run),
            run[-1][0],
            base,
            " ".join(f"{x},{y}" for x, y in run),
        )
        if len(run) > 1
        else format_html('<circle class="sparkline-dot" cx="{}" cy="{}" r="2"/>', *run[0])
        for run in runs
    ]
    shapes.append(format_html('<circle class="sparkline-end" cx="{}" cy="{}" r="3"/>', *runs[-1][-1]))
    return format_html(
        '<svg class="sparkline" viewBox="0 0 {} {}" width="{}" height="{}" focusable="false" {}>{}</svg>',
        width,
        height,
        width,
        height,
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        format_html_join("", "{}", ((shape,) for shape in shapes)),
    )


def cell_bar(value: Number | None, maximum: Number, tone: str = "") -> SafeString:
    """A bar for a table cell, as decoration: the number itself stands beside it."""
    if value is None or not maximum:
        return SafeString("")
    share = round(max(0.0, min(100.0, float(value) / float(maximum) * 100)), 1)
    return format_html(
        '<svg class="cell-bar{}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="cell-bar-track" width="100" height="8"/>'
        '<rect class="cell-bar-fill" width="{}" height="8"/></svg>',
        f" cell-bar-{tone}" if tone else "",
        share,
    )
