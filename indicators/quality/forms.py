"""How far each quality rule goes, as administrators set it."""

from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from indicators.models import QualityRule
from indicators.quality.actions import Setting
from orgs.forms import NumberField, PortalForm, SeenMixin, WholeNumberField

Code = QualityRule.Code
COUNTS = _("Smallest difference of counts")
POINTS = _("Smallest difference of shares and scores")
POINTS_HELP = _("In the unit of the indicator; for shares, percentage points. Smaller differences are ignored.")
IGNORED = _("Smaller differences are ignored.")

LIMITS = Setting._fields[1:]
ASKED: dict[str, dict[str, tuple[Any, Any]]] = {
    Code.PART_OVER_WHOLE: {"minimum": (COUNTS, IGNORED)},
    Code.SHARE_OVER_100: {"threshold": (_("The most that a share may be"), _("In percent."))},
    Code.PARTS_DIFFER: {
        "threshold": (_("Largest difference"), _("In percent of the total.")),
        "minimum": (COUNTS, IGNORED),
    },
    Code.JUMP: {
        "threshold": (_("Largest change"), _("In percent of the figure for the period before.")),
        "minimum": (COUNTS, IGNORED),
        "minimum_points": (POINTS, POINTS_HELP),
    },
    Code.GAP: {"threshold": (_("How many periods may be missing"), "")},
    Code.OUTLIER: {
        "threshold": (
            _("Largest distance"),
            _("In median deviations: how far the others usually are from their middle."),
        ),
        "minimum": (COUNTS, IGNORED),
        "minimum_points": (POINTS, POINTS_HELP),
    },
}
"""Of each rule the limits that its SQL reads, with what they are called. The other rules have none: they are in use or not."""


def plainly(number: Decimal) -> Decimal | int:
    """100 rather than 100.00."""
    return number if number % 1 else int(number)


class RuleFields(NamedTuple):
    """A rule as the page shows it."""

    title: str
    fields: list[BoundField]


class QualityRulesForm(SeenMixin, PortalForm):
    """All rules on one page: whether each is in use, and its limits as `RULE-LIMIT`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = {row.code: row for row in QualityRule.objects.all()}
        for code, row in self.rows.items():
            self.fields[f"{code}-is_active"] = forms.BooleanField(
                label=_("In use"), required=False, initial=row.is_active
            )
            for limit, (label, help_text) in ASKED.get(code, {}).items():
                field = QualityRule._meta.get_field(limit)
                said = {"label": label, "help_text": help_text, "min_value": 0, "initial": plainly(getattr(row, limit))}
                digits = {"max_digits": field.max_digits, "decimal_places": field.decimal_places}  # type: ignore[union-attr]
                whole = code == Code.GAP
                made = WholeNumberField(max_value=1000, **said) if whole else NumberField(**said, **digits)
                self.fields[f"{code}-{limit}"] = made

    def now(self) -> str:
        rows = QualityRule.objects.order_by("code").values_list("code", "is_active", *LIMITS)
        return sha256(repr(list(rows)).encode()).hexdigest()

    def claim_version(self) -> None:
        list(QualityRule.objects.select_for_update().order_by("pk"))
        super().claim_version()

    def rules(self) -> list[RuleFields]:
        return [
            RuleFields(str(row), [self[name] for name in self.fields if name.startswith(f"{code}-")])
            for code, row in self.rows.items()
        ]

    def settings(self) -> dict[str, Setting]:
        """What was typed, by rule; a limit that a rule has not stays as it is."""
        return {
            code: Setting(
                self.cleaned_data[f"{code}-is_active"],
                *(Decimal(self.cleaned_data.get(f"{code}-{limit}", getattr(row, limit))) for limit in LIMITS),
            )
            for code, row in self.rows.items()
        }
