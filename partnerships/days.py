from typing import Any

from django import forms


class DayInput(forms.DateInput):
    """The browser's own calendar, in the reader's way of writing dates; it always sends ISO 8601."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")
