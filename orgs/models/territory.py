import datetime
import re
from collections.abc import Iterable
from decimal import Decimal

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Max, Q, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from orgs.folding import Folded
from orgs.models.closure import INSERTED, LEAVE_CLOSURE, MOVED, closure_trigger
from orgs.readable import readable
from orgs.word_search import Words, words_sought

# An open end is a far date, so that every comparison is a plain one.
BEGINNING = datetime.date(1, 1, 1)
END = datetime.date(9999, 12, 31)
MOST_LEVELS = 12
"""From the root down to the smallest place, both counted."""


class TerritoryScheme(models.Model):
    """A division of the land by one publisher, within which codes are unique: "NUTS 2021", "LOR 2021", a city's districts."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    source = models.CharField(_("source"), max_length=250, blank=True)
    licence = models.CharField(_("licence"), max_length=120, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("geographic classification")
        verbose_name_plural = _("geographic classifications")

    def __str__(self) -> str:
        return self.name


class InclusiveRange(Func):
    """From the first value to the last; from a value to itself it is that one alone."""

    template = "%(function)s(%(expressions)s, '[]')"
    arity = 2


NO_CODE = r"[/\\?#]|^\.{1,2}$|@\d{4}-\d{2}-\d{2}$"
"""What stands in no code, since an address has it: a part of a path, or a day. Read alike by Python and by PostgreSQL."""
DAY_IN_ADDRESS = re.compile(r"(.+)@(\d{4}-\d{2}-\d{2})")


class TerritoryQuerySet(models.QuerySet["Territory"]):
    def coded(self, scheme: str, code: str, on: datetime.date | None = None) -> "Territory":
        """The place that the code stands for on the day (today); else the last one before, or the first one after.

        `code` may name a day itself, as `address_code` does. Raises DoesNotExist.
        """
        text, day = read_address(code)
        found = nearest(self.filter(scheme__code=scheme, code=text), day or on)
        if found is None:
            raise self.model.DoesNotExist
        return found

    def active(self, on: datetime.date) -> "TerritoryQuerySet":
        return self.filter(valid_from__lte=on, valid_to__gte=on)

    def within(self, territory: "Territory", depth: int | None = None) -> "TerritoryQuerySet":
        """The territory itself and all below it, or just those `depth` levels below."""
        links = TerritoryClosure.objects.filter(ancestor=territory)
        return self.filter(pk__in=(links if depth is None else links.filter(depth=depth)).values("descendant"))

    def above(self, territory: "Territory") -> "TerritoryQuerySet":
        """The path from the root down to and with the territory."""
        return self.filter(descendant_links__descendant=territory).order_by("-descendant_links__depth")

    def with_path(self) -> "TerritoryQuerySet":
        """With the rows that `Territory.label` reads: three above are enough for a municipality to be among them."""
        return self.select_related("parent__parent__parent")

    def matching(self, text: str) -> "TerritoryQuerySet":
        """Every word of `text` begins a word of the name, in one language or another, whatever its case and accents."""
        words = words_sought(text)
        return self.filter(name_words__has=words) if words else self

    def places(self) -> "TerritoryQuerySet":
        """Without the rows that stand for "place not stated"."""
        return self.exclude(kind=Territory.Kind.UNALLOCATED)


# Where a place hangs in the tree decides who keeps its figures and who reviews there.
@pghistory.track(
    pghistory.UpdateEvent(),
    fields=["scheme", "code", "kind", "parent", "valid_from", "valid_to"],
    model_name="TerritoryPlaceEvent",
)
class Territory(models.Model):
    """A place with a code in a scheme, for as long as its outline held. A figure of 2019 belongs to the division of 2019.

    A place that changes is a new row; `TerritorySuccession` says what became of it.
    """

    class Kind(models.TextChoices):
        COUNTRY = "country", _("country")
        REGION = "region", _("region")
        PROVINCE = "province", _("province")
        MUNICIPALITY = "municipality", _("municipality")
        DISTRICT = "district", _("district")
        NEIGHBOURHOOD = "neighbourhood", _("neighbourhood")
        AREA = "area", _("area")
        UNALLOCATED = "unallocated", _("place not stated")

    scheme = models.ForeignKey(TerritoryScheme, models.PROTECT, related_name="territories")
    parent = models.ForeignKey("self", models.PROTECT, related_name="parts", null=True, blank=True)
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=200, help_text=_("Its local name."))
    names = models.JSONField(
        _("names in other languages"),
        default=dict,
        blank=True,
        help_text=_('Where they differ, by code of the language: {"en": "Spain"}.'),
    )
    # The name proper first, so that it also sorts.
    name_folded = models.GeneratedField(
        expression=Folded(
            Concat("name", Value(" "), Cast("names", models.TextField()), output_field=models.TextField())
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    name_words = models.GeneratedField(
        expression=Words("name", Cast("names", models.TextField())), output_field=SearchVectorField(), db_persist=True
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    valid_from = models.DateField(_("valid from"), default=BEGINNING)
    valid_to = models.DateField(_("valid to"), default=END, help_text=_("The last day."))
    has_all_parts = models.BooleanField(
        _("all its parts are known"), default=True, help_text=_("Only then can figures of its parts be added up.")
    )

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        ordering = ["name_folded", "pk"]
        verbose_name = _("territory")
        verbose_name_plural = _("territories")
        constraints = [
            readable("name", of="territory"),
            # A place that merges may keep its code: then the two rows follow each other. No extension is needed for that, since ranges,
            # also those of one number or one text, are compared by PostgreSQL itself.
            ExclusionConstraint(
                name="territory_code_once_at_a_time",
                expressions=[
                    # The code first, which tells most: of one scheme are thousands, and the index is read for each row that is written.
                    (InclusiveRange("code", "code", function="text_range"), RangeOperators.OVERLAPS),
                    (InclusiveRange("scheme", "scheme", function="int8range"), RangeOperators.OVERLAPS),
                    (InclusiveRange("valid_from", "valid_to", function="daterange"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This code is already used in the classification at that time."),
            ),
            # Pages, imports and loaded files find a place by its code. (scheme, code, first day)
            models.UniqueConstraint(
                "scheme",
                "code",
                "valid_from",
                name="territory_code_from",
                violation_error_message=_("This code is already used in the classification at that time."),
            ),
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(code__regex=NO_CODE),
                name="territory_code_in_address",
                violation_error_message=_(
                    "A code stands in an address: it has no /, \\, ? or #, and does not end in a date."
                ),
            ),
            models.CheckConstraint(
                condition=Q(valid_from__lte=F("valid_to")),
                name="territory_valid_in_order",
                violation_error_message=_("A territory ends after it begins."),
            ),
            models.CheckConstraint(
                condition=~Q(parent=F("id")),
                name="territory_not_own_parent",
                violation_error_message=_("A territory cannot lie within itself."),
            ),
        ]
        # What people look for.
        indexes = [GinIndex(fields=["name_words"], name="territory_name_words")]
        triggers = [
            closure_trigger("enter_closure", pgtrigger.Insert, INSERTED, pgtrigger.Referencing(new="new_rows")),
            closure_trigger(
                "keep_closure", pgtrigger.Update, MOVED, pgtrigger.Referencing(old="old_rows", new="new_rows")
            ),
            pgtrigger.Trigger(
                name="leave_closure",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                referencing=pgtrigger.Referencing(old="old_rows"),
                func=pgtrigger.Func(LEAVE_CLOSURE),
            ),
        ]

    def __str__(self) -> str:
        return self.local_name

    def get_absolute_url(self) -> str:
        return reverse("territory_detail", args=[self.scheme.code, self.address_code])

    def clean(self) -> None:
        """What a constraint refuses that cannot be asked before it is saved."""
        if self.valid_from > self.valid_to:
            raise ValidationError({"valid_to": _("A territory ends after it begins.")})
        above, levels = self.parent, 1
        while above is not None and levels <= MOST_LEVELS:
            if self.pk is not None and above.pk == self.pk:
                raise ValidationError({"parent": _("A territory cannot lie within itself.")})
            above, levels = above.parent, levels + 1
        if self.pk is not None:
            levels += self.descendant_links.aggregate(below=Max("depth"))["below"] or 0
        if levels > MOST_LEVELS:
            raise ValidationError({"parent": _("Territories are nested too deeply.")})

    @property
    def address_code(self) -> str:
        """How an address names the place: by its code, and where it is none of today, with a day of it (08019@2018-12-31)."""
        today = timezone.localdate()
        if self.valid_from <= today <= self.valid_to:
            return self.code
        return f"{self.code}@{(self.valid_to if self.valid_to < today else self.valid_from).isoformat()}"

    @property
    def begins(self) -> datetime.date | None:
        """Its first day where that is known."""
        return None if self.valid_from == BEGINNING else self.valid_from

    @property
    def ends(self) -> datetime.date | None:
        """Its last day; None where it goes on."""
        return None if self.valid_to == END else self.valid_to

    @property
    def validity(self) -> str:
        """While it is there, in words."""
        first, last = (day and formats.date_format(day, "DATE_FORMAT") for day in (self.begins, self.ends))
        if first and last:
            return gettext("%(first)s to %(last)s") % {"first": first, "last": last}
        if first:
            return gettext("since %(first)s") % {"first": first}
        return gettext("until %(last)s") % {"last": last} if last else gettext("always")

    @property
    def local_name(self) -> str:
        """In the language of the reader, where that has a name of its own for the place."""
        return str(self.names.get(get_language() or "", "") or self.name)

    @property
    def label(self) -> str:
        """The name with what tells it from its namesakes: "el Raval (neighbourhood, Ciutat Vella, Barcelona)"."""
        told = [self.get_kind_display(), *(place.local_name for place in self.surroundings)]
        if self.valid_to < timezone.localdate():
            told.append(gettext("until %(date)s") % {"date": formats.date_format(self.valid_to, "SHORT_DATE_FORMAT")})
        return f"{self.local_name} ({', '.join(told)})"

    @property
    def surroundings(self) -> list["Territory"]:
        """From the parent up to the municipality, or the parent alone where there is none."""
        above: list[Territory] = []
        place = self.parent
        while place is not None:
            above.append(place)
            if place.kind == self.Kind.MUNICIPALITY:
                return above
            place = place.parent if len(above) < 3 else None
        return above[:1]


def read_address(code: str) -> tuple[str, datetime.date | None]:
    """Of what `address_code` gives: the code, and the day if it names one."""
    if found := DAY_IN_ADDRESS.fullmatch(code):
        try:
            return found[1], datetime.date.fromisoformat(found[2])
        except ValueError:
            pass
    return code, None


def nearest(places: Iterable[Territory], on: datetime.date | None = None) -> Territory | None:
    """Of places of one code the one of the day (today); else the last one before, or the first one after."""
    day = on or timezone.localdate()
    ordered = sorted(places, key=lambda place: place.valid_from)
    begun = [place for place in ordered if place.valid_from <= day]
    return begun[-1] if begun else ordered[0] if ordered else None


class TerritoryClosure(models.Model):
    """Every pair of a territory and one that lies in it (itself at depth 0), and while it did. Kept by a trigger."""

    ancestor = models.ForeignKey(Territory, models.CASCADE, related_name="descendant_links")
    descendant = models.ForeignKey(Territory, models.CASCADE, related_name="ancestor_links")
    depth = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint("ancestor", "descendant", name="closure_pair"),
            models.CheckConstraint(
                condition=Q(depth=0, ancestor=F("descendant")) | (Q(depth__gt=0) & ~Q(ancestor=F("descendant"))),
                name="territory_no_cycle",
                violation_error_message=_("A territory cannot lie within itself."),
            ),
            models.CheckConstraint(
                condition=Q(depth__lt=MOST_LEVELS),
                name="territory_depth",
                violation_error_message=_("Territories are nested too deeply."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ancestor_id} ⊇ {self.descendant_id} ({self.depth})"


class TerritorySuccession(models.Model):
    """What became of a territory: merged into, split over or renamed to its successors, each taking a share of it."""

    predecessor = models.ForeignKey(Territory, models.CASCADE, related_name="successions")
    successor = models.ForeignKey(Territory, models.CASCADE, related_name="origins")
    share = models.DecimalField(
        _("share"),
        max_digits=7,
        decimal_places=6,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
        help_text=_("How much of the predecessor went to the successor, from 0 to 1."),
    )

    class Meta:
        verbose_name = _("succession of territories")
        verbose_name_plural = _("successions of territories")
        constraints = [
            models.UniqueConstraint("predecessor", "successor", name="succession_once"),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=1),
                name="succession_share_in_range",
                violation_error_message=_("A share lies between 0 and 1."),
            ),
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="succession_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor}"

    @property
    def percent(self) -> Decimal:
        return self.share * 100


class Middle(Func):
    """Of a boundary, the centre of gravity: longitude and latitude. Nothing where it encloses nothing."""

    function = "orgs_middle"
    arity = 1


class Kilometres(Func):
    """From one middle to another."""

    function = "orgs_kilometres"
    arity = 2
    output_field = models.FloatField()


class TerritoryOutline(models.Model):
    """The shape of a territory for maps: a GeoJSON geometry in WGS 84. Apart, so that lists never load it."""

    territory = models.OneToOneField(Territory, models.CASCADE, primary_key=True, related_name="outline")
    geometry = models.JSONField()
    middle = models.GeneratedField(
        expression=Middle("geometry"), output_field=ArrayField(models.FloatField(), size=2), db_persist=True
    )

    class Meta:
        verbose_name = _("boundary")
        verbose_name_plural = _("boundaries")

    def __str__(self) -> str:
        return str(self.territory)
