"""A small land for tests of the figures: a city, two districts, two neighbourhoods in each, one row for "not stated"."""

import csv
import io
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from indicators.catalogue import loading
from indicators.catalogue.breakdowns import ensure_breakdowns
from indicators.imports import actions as imports
from indicators.imports.messages import message_text
from indicators.models import Breakdown, Figure, ImportBatch, Indicator, Observation, Period, Source
from indicators.quality import actions as quality
from indicators.vocabulary import NO_FLAG, Flag
from orgs.models import Territory, TerritoryScheme
from tests.factories import DomainFactory

PLACES = {"N1": "D1", "N2": "D1", "N3": "D2", "N4": "D2", "D1": "CITY", "D2": "CITY", "N9": "CITY", "CITY": None}
KINDS = {"C": "municipality", "D": "district", "N": "neighbourhood"}
DIMENSIONS = [
    {
        "code": "sex",
        "order": 1,
        "name": {"en": "Sex"},
        "categories": [
            {"code": code, "name": {"en": code}, "parent": None, "part": True, "order": order}
            for order, code in enumerate(["F", "M"])
        ],
    },
    {
        "code": "age",
        "order": 2,
        "name": {"en": "Age"},
        "categories": [
            {"code": "CHILD", "name": {"en": "Children"}, "parent": None, "part": True, "order": 1},
            {"code": "ADULT", "name": {"en": "Adults"}, "parent": None, "part": True, "order": 2},
            {"code": "BABY", "name": {"en": "Babies"}, "parent": "CHILD", "part": True, "order": 3},
            {"code": "PUPIL", "name": {"en": "Pupils"}, "parent": "CHILD", "part": True, "order": 4},
            {"code": "Y15-29", "name": {"en": "15 to 29"}, "parent": None, "part": False, "order": 5},
        ],
    },
]
MAPPING: dict[str, Any] = {
    "source": {"name": "Test office", "publisher": "Test", "licence": "CC BY 4.0"},
    "indicator": {"constant": "PEOPLE"},
    "territory": {"scheme": "test-land", "column": "place"},
    "period": {"kind": "year", "year": {"column": "year"}},
    "breakdowns": {"sex": {"column": "sex", "codes": {"women": "F", "men": "M"}, "total": ["all"]}},
    "numerator": {"column": "people"},
}


def table(*rows: tuple[Any, ...], header: tuple[str, ...] = ("place", "year", "sex", "people")) -> bytes:
    """A CSV file with the columns of MAPPING."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


@dataclass
class Land:
    """The small land and short ways to put figures in and read them out."""

    territories: dict[str, Territory]
    source: Source
    indicators: dict[str, Indicator] = field(default_factory=dict)

    def observe(
        self,
        place: str,
        period: str,
        amount: Any,
        *,
        key: str = "",
        indicator: str = "PEOPLE",
        denominator: Any = None,
        **fields: Any,
    ) -> Observation:
        """Approves an amount (None: missing) for one cell; the one before it is superseded."""
        cell = {
            "indicator": self.indicators[indicator],
            "territory": self.territories[place],
            "period": Period.objects.get(code=period),
            "breakdown_id": ensure_breakdowns([key])[key],
        }
        Observation.objects.filter(**cell, status="approved").update(status="superseded")
        numbers = {} if amount is None else {"numerator": Decimal(amount), "denominator": denominator}
        defaults = {
            "status": "approved",
            "approved_at": timezone.now(),
            "source": self.source,
            "flags": Flag.MISSING if amount is None else NO_FLAG,
        }
        return Observation.objects.create(**cell, **(defaults | numbers | fields))

    def figure(self, place: str, period: str, *, key: str = "", indicator: str = "PEOPLE") -> Figure | None:
        return Figure.objects.filter(
            indicator=self.indicators[indicator],
            territory=self.territories[place],
            period__code=period,
            breakdown=Breakdown.objects.filter(key=key).first(),
        ).first()

    def value(self, place: str, period: str, **cell: Any) -> Decimal | None:
        figure = self.figure(place, period, **cell)
        return None if figure is None else figure.value

    def check(self, content: bytes, **mapping: Any) -> ImportBatch:
        """A dry run of a file with MAPPING, changed by `mapping`."""
        definition = json.loads(json.dumps(MAPPING)) | mapping
        return imports.ingest(mapping=definition, file=SimpleUploadedFile("figures.csv", content))

    def bring_in(self, content: bytes, **mapping: Any) -> ImportBatch:
        """Checks, stores and approves, whatever the quality rules say of it."""
        batch = self.check(content, **mapping)
        assert batch.state == ImportBatch.State.CHECKED, [message_text(message) for message in batch.messages.all()]
        imports.store_import(batch=batch)
        quality.accept_findings(batch=batch, reason="A test says so", by=None)
        return imports.approve_import(batch=batch)


def make_land() -> Land:
    scheme, _created = TerritoryScheme.objects.get_or_create(code="test-land", defaults={"name": "Test land"})
    territories: dict[str, Territory] = {}
    for code in reversed(PLACES):
        parent = PLACES[code]
        territories[code] = Territory.objects.create(
            scheme=scheme,
            code=code,
            name=code,
            kind="unallocated" if code == "N9" else KINDS[code[0]],
            parent=territories[parent] if parent else None,
        )
    loading.load_dimensions(DIMENSIONS)
    domain = DomainFactory()
    land = Land(territories, Source.objects.create(name="Observed by hand"))
    indicators: dict[str, dict[str, Any]] = {
        "PEOPLE": {"measure": "count", "unit": "count", "time_operator": "last"},
        "EVENTS": {"measure": "count", "unit": "count", "time_operator": "sum", "frequency": "month"},
        "STOCK": {"measure": "count", "unit": "count", "time_operator": "mean", "frequency": "month"},
        "RATE": {"measure": "ratio", "unit": "percent", "factor": 100, "time_operator": "pooled", "direction": "down"},
        "MOOD": {
            "measure": "mean",
            "unit": "mean_0_10",
            "time_operator": "pooled",
            "frequency": "quarter",
            "direction": "up",
        },
        "SCORE": {"measure": "score", "unit": "index_0_100", "direction": "up"},
    }
    for code, changes in indicators.items():
        fields = {"direction": "context", "threshold": 0, "rounding": 1} | changes
        land.indicators[code] = Indicator.objects.create(code=code, name=code, definition=code, domain=domain, **fields)
    return land
