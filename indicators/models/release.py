from collections.abc import Mapping

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import resolution_order

from indicators.models.catalogue import Breakdown, Indicator
from indicators.models.importing import Source
from indicators.models.period import Period
from indicators.vocabulary import NO_FLAG, Measure, Origin, Unit
from orgs.models import Territory

# Who makes a release says so by this setting of the transaction, so that millions of rows need not be asked one by one whether they may
# come in. It opens nothing: a statement that names a published release is refused as a whole.
IN_THE_MAKING = "portal.release_in_the_making"

REFUSE_FROZEN = """
    PERFORM FROM indicators_release WHERE id = {row}.release_id AND published_at IS NOT NULL FOR SHARE;
    IF FOUND THEN
        RAISE EXCEPTION 'A published release is frozen.' USING ERRCODE = 'check_violation', CONSTRAINT = 'release_is_frozen';
    END IF;
    RETURN {row};
"""
REFUSE_STATEMENT = f"""
    IF EXISTS (SELECT FROM indicators_release WHERE published_at IS NOT NULL
               AND id::text = current_setting('{IN_THE_MAKING}', true)) THEN
        RAISE EXCEPTION 'A published release is frozen.' USING ERRCODE = 'check_violation', CONSTRAINT = 'release_is_frozen';
    END IF;
    RETURN NULL;
"""
# The one thing that happens to a published release: it is recalled, and its row then says when, by whom and why.
REFUSE_BUT_RECALL = """
    IF TG_OP = 'UPDATE' AND OLD.state = 'published' AND to_jsonb(NEW) - ARRAY['state', 'recalled_at', 'recalled_by_id', 'recall_reason']
       = to_jsonb(OLD) - ARRAY['state', 'recalled_at', 'recalled_by_id', 'recall_reason'] AND NEW.state = 'recalled' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A published release is frozen.' USING ERRCODE = 'check_violation', CONSTRAINT = 'release_is_frozen';
"""
# A release does not come out with something divided by a denominator that it has not. A table of cells cannot hold this by itself, for
# what is counted stands in another one.
REFUSE_INVENTED_BASES = """
    IF EXISTS (SELECT FROM indicators_releasedfigure f JOIN indicators_releasedindicator i
                   ON i.release_id = f.release_id AND i.indicator_id = f.indicator_id
               WHERE f.release_id = NEW.id AND f.denominator IS NOT NULL AND i.measure NOT IN ('ratio', 'mean')) THEN
        RAISE EXCEPTION 'Only ratios and means have a denominator.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'released_only_ratios_and_means_have_a_base';
    END IF;
    RETURN NEW;
"""
OPERATIONS = {"insert": pgtrigger.Insert, "update": pgtrigger.Update, "delete": pgtrigger.Delete}


def frozen_rows(name: str, row: str, *, trusted: bool) -> pgtrigger.Trigger:
    """Refuses the rows of published releases one by one; `trusted` rows are those of the release in the making."""
    condition = f"{row}.release_id::text IS DISTINCT FROM current_setting('{IN_THE_MAKING}', true)"
    return pgtrigger.Trigger(
        name=f"frozen_{name}" + ("_into" if name == "update" and row == "NEW" else ""),
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=OPERATIONS[name],
        condition=pgtrigger.Condition(condition) if trusted else None,
        func=pgtrigger.Func(
            REFUSE_FROZEN.replace("RETURN {row}", "RETURN NEW" if name == "update" else "RETURN {row}").replace(
                "{row}", row
            )
        ),
    )


def frozen(*, trusted: bool) -> list[pgtrigger.Trigger]:
    """A published release has its rows for good: whatever the way, none comes, changes or goes."""
    rows = [("insert", "NEW"), ("update", "OLD"), ("update", "NEW"), ("delete", "OLD")]
    return [frozen_rows(name, row, trusted=trusted) for name, row in rows]


class ReleaseQuerySet(models.QuerySet["Release"]):
    def published(self) -> "ReleaseQuerySet":
        """Those that everybody may read: published, and not recalled since."""
        return self.filter(state=Release.State.PUBLISHED)

    def ever_published(self) -> "ReleaseQuerySet":
        """With those that were recalled, of which the log stays."""
        return self.filter(published_at__isnull=False)

    def open(self) -> "ReleaseQuerySet":
        """Being made, or waiting for somebody's approval. There is at most one."""
        return self.filter(state__in=OPEN)

    def current(self) -> "Release | None":
        return self.published().order_by("-published_at", "-pk").first()


class Release(models.Model):
    """A frozen, disclosure-controlled copy of the figures. Public pages read the latest one and nothing else; old ones stay readable.

    It is a draft while it is made, then a preview for the stewards, then published or discarded; two people see to it. One that gives
    people away is recalled: nobody reads it any more, its row says why, and the one before leads again. `changes` is what the preview shows:
    {"territories": [{"id", "new", "changed", "gone"}, …], "largest": [{"indicator", "territory", "period", "breakdown", "before",
    "after", "before_state", "after_state"}, …]} against the release that was current when it was made; values as texts, released ones.
    {"reach": {"reported": [id, …], "computed": [id, …]}} are all territories in which something changes: where a reported figure does, and
    where computed ones alone do. Who approves it answers for these.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("being made")
        PREVIEW = "preview", _("to be approved")
        PUBLISHED = "published", _("published")
        RECALLED = "recalled", _("recalled")
        DISCARDED = "discarded", _("discarded")
        FAILED = "failed", _("failed")

    MAX_ATTEMPTS = 3

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    note = models.CharField(_("note"), max_length=250, blank=True, help_text=_("What is new or corrected."))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="releases", null=True, blank=True
    )
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="decided_releases",
        null=True,
        blank=True,
        verbose_name=_("approved or discarded by"),
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    recalled_at = models.DateTimeField(_("recalled at"), null=True, blank=True)
    recalled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="recalled_releases",
        null=True,
        blank=True,
        verbose_name=_("recalled by"),
    )
    recall_reason = models.CharField(_("why it was recalled"), max_length=250, blank=True, default="")
    follows = models.ForeignKey(
        "self", models.PROTECT, related_name="followed_by", null=True, blank=True, verbose_name=_("compared with")
    )
    figures_count = models.PositiveIntegerField(_("figures"), default=0)
    suppressed_count = models.PositiveIntegerField(_("suppressed"), default=0)
    new_count = models.PositiveIntegerField(_("new"), default=0)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)
    gone_count = models.PositiveIntegerField(_("removed"), default=0)
    changes = models.JSONField(default=dict, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True, default="")

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["published", "recalled"], published_at__isnull=False)
                | (~Q(state__in=["published", "recalled"]) & Q(published_at=None)),
                name="release_published_has_a_date",
                violation_error_message=_("A release has a date once it is published, and not before."),
            ),
            models.CheckConstraint(
                condition=(Q(state="recalled", recalled_at__isnull=False) & ~Q(recall_reason=""))
                | (~Q(state="recalled") & Q(recalled_at=None, recalled_by=None, recall_reason="")),
                name="release_recalled_with_a_reason",
                violation_error_message=_("Give the reason for recalling it."),
            ),
            models.CheckConstraint(
                condition=~Q(state="published")
                | Q(created_by=None)
                | Q(decided_by=None)
                | ~Q(created_by=F("decided_by")),
                name="release_takes_two_people",
                violation_error_message=_("You made this release, so somebody else has to approve it."),
            ),
            models.UniqueConstraint(
                models.Value(1),
                name="release_one_open",
                condition=Q(state__in=["draft", "preview"]),
                violation_error_message=_("Another release is being prepared."),
            ),
        ]
        indexes = [
            models.Index(fields=["-published_at"], name="release_current", condition=Q(state="published")),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="frozen",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.published_at IS NOT NULL"),
                func=pgtrigger.Func(REFUSE_BUT_RECALL),
            ),
            pgtrigger.Trigger(
                name="no_invented_base",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.published_at IS NULL AND NEW.published_at IS NOT NULL"),
                func=pgtrigger.Func(REFUSE_INVENTED_BASES),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.published_at or self.created_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("indicators:release_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_recalled(self) -> bool:
        return self.state == Release.State.RECALLED

    @property
    def alters_what_is_public(self) -> bool:
        """Something that was published reads differently, or is there no more."""
        return bool(self.changed_count or self.gone_count)


OPEN = (Release.State.DRAFT, Release.State.PREVIEW)


class ReleasedFigure(models.Model):
    """One cell of a release, as anybody may read it. A suppressed cell has no number at all.

    Where small groups are protected, a count is rounded; a ratio or mean has the value of its true parts as precisely as its base allows,
    its base rounded, and no numerator. `step`: the published value is a multiple of it, in the indicator's unit, and the true one lies
    within half of it; none where the value is exact.
    """

    class State(models.TextChoices):
        SHOWN = "shown", _("shown")
        SUPPRESSED = "suppressed", _("suppressed to protect small groups")
        MISSING = "missing", _("missing")
        NOT_APPLICABLE = "not_applicable", _("not applicable")

    pk = models.CompositePrimaryKey("release", "territory", "indicator", "period", "breakdown")
    release = models.ForeignKey(Release, models.CASCADE, related_name="figures", db_index=False)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    period = models.ForeignKey(Period, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    breakdown = models.ForeignKey(Breakdown, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    state = models.CharField(_("state"), max_length=14, choices=State)
    numerator = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    denominator = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    value = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    step = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    flags = models.SmallIntegerField(default=int(NO_FLAG))
    """The sum of its qualities (`vocabulary.Flag`); the state says the rest."""
    origin = models.CharField(max_length=12, choices=Origin)
    reporters = models.PositiveIntegerField()
    expected = models.PositiveIntegerField()
    periods_used = models.PositiveSmallIntegerField()
    periods_expected = models.PositiveSmallIntegerField()
    oldest_input_at = models.DateTimeField()
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", null=True, db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="shown") | Q(numerator=None, denominator=None, value=None, step=None),
                name="released_hidden_has_no_number",
            ),
            models.CheckConstraint(condition=Q(step=None) | Q(step__gt=0), name="released_step_positive"),
        ]
        indexes = [
            # The indicator page: one indicator over all territories.
            models.Index("release", "indicator", "period", "breakdown", name="released_by_indicator"),
        ]
        triggers = [
            *frozen(trusted=True),
            pgtrigger.Trigger(
                name="frozen_statement",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=pgtrigger.Func(REFUSE_STATEMENT),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.territory_id} {self.period_id} {self.breakdown_id}"


class ReleasedIndicator(models.Model):
    """What an indicator was when a release was made: its words, its rules, whence its figures came, and how many there are.

    `texts`: {"name": {"en": …, "es": …}, "definition": …, "numerator": …, "denominator": …}; `sources`: [{"id", "name", "publisher",
    "licence", "url", "is_sample"}, …] (older releases do not say what is a sample). `primary_count` of the suppressed cells are small
    themselves, `carried_over_count` others were hidden in the release before, and the rest are hidden so that no difference gives those
    away.
    """

    release = models.ForeignKey(Release, models.CASCADE, related_name="indicators")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="releases")
    code = models.CharField(_("code"), max_length=12)
    texts = models.JSONField()
    domain = models.CharField(_("domain"), max_length=40, blank=True)
    unit = models.CharField(_("unit"), max_length=14, choices=Unit)
    factor = models.PositiveIntegerField(_("factor"))
    decimals = models.PositiveSmallIntegerField(_("decimals"))
    measure = models.CharField(_("measure"), max_length=8, choices=Measure)
    threshold = models.PositiveSmallIntegerField(_("smallest group shown"))
    rounding = models.PositiveSmallIntegerField(_("rounded to"))
    framework = models.CharField(_("framework"), max_length=200, blank=True)
    is_provisional = models.BooleanField(_("provisional"), default=False)
    sources = models.JSONField(default=list, blank=True)
    order = models.PositiveIntegerField(default=0)
    figures_count = models.PositiveIntegerField(_("figures"), default=0)
    suppressed_count = models.PositiveIntegerField(_("suppressed"), default=0)
    primary_count = models.PositiveIntegerField(_("suppressed as small"), default=0)
    carried_over_count = models.PositiveIntegerField(_("suppressed as before"), default=0)
    missing_count = models.PositiveIntegerField(_("missing"), default=0)
    not_applicable_count = models.PositiveIntegerField(_("not applicable"), default=0)
    new_count = models.PositiveIntegerField(_("new"), default=0)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)
    gone_count = models.PositiveIntegerField(_("removed"), default=0)

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("indicator of a release")
        verbose_name_plural = _("indicators of a release")
        constraints = [models.UniqueConstraint("release", "indicator", name="released_indicator_once")]
        triggers = frozen(trusted=False)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.text("name") or self.code

    @property
    def definition(self) -> str:
        return self.text("definition")

    @property
    def complementary_count(self) -> int:
        return self.suppressed_count - self.primary_count - self.carried_over_count

    def text(self, name: str, language: str | None = None) -> str:
        """In the language, or the reader's, or the portal's own, or any."""
        return in_language(self.texts.get(name, {}), language)


class ReleasedDimension(models.Model):
    """A dimension of the standard list as it was when a release was made, whether or not any of its figures is broken down by it.

    `texts`: {"en": …, "es": …}; `categories`: {code: the same}. Releases of before have none.
    """

    release = models.ForeignKey(Release, models.CASCADE, related_name="dimensions")
    order = models.PositiveIntegerField(default=0)
    code = models.CharField(_("code"), max_length=20)
    texts = models.JSONField()
    categories = models.JSONField()

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("dimension of a release")
        verbose_name_plural = _("dimensions of a release")
        constraints = [models.UniqueConstraint("release", "code", name="released_dimension_once")]
        triggers = frozen(trusted=False)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.texts) or self.code

    @property
    def names(self) -> dict[str, str]:
        """Of its categories, in the reader's language."""
        return {code: in_language(texts) or code for code, texts in self.categories.items()}


def in_language(texts: Mapping[str, str], language: str | None = None) -> str:
    """In the language, or the reader's, or the portal's own, or any; "" where there is none."""
    language = (language or get_language() or "").split("-")[0]
    return next((texts[code] for code in resolution_order(language) if texts.get(code)), "")
