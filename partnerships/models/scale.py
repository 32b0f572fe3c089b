from django.db import models
from django.utils.translation import gettext_lazy as _


class Scale(models.Model):
    """A version of the engagement scale. It is never changed once used: a revision is a new row, and old assessments
    keep theirs.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    is_current = models.BooleanField(_("used for new assessments"), default=False)

    class Meta:
        verbose_name = _("engagement scale")
        verbose_name_plural = _("engagement scales")
        constraints = [
            models.UniqueConstraint(
                "is_current",
                name="scale_one_current",
                condition=models.Q(is_current=True),
                violation_error_message=_("One scale is used for new assessments."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Level(models.Model):
    """An engagement level: what the authority does, and what it thereby promises to the organisation."""

    scale = models.ForeignKey(Scale, models.PROTECT, related_name="levels")
    code = models.SlugField(_("code"), max_length=20)
    order = models.PositiveSmallIntegerField(_("order"))
    name = models.CharField(_("name"), max_length=60)
    authority_does = models.TextField(_("what the authority does"))
    promise = models.TextField(_("promise to the organisation"))

    class Meta:
        ordering = ["scale", "order"]
        verbose_name = _("engagement level")
        verbose_name_plural = _("engagement levels")
        constraints = [
            models.UniqueConstraint("scale", "order", name="level_order_unique"),
            models.UniqueConstraint("scale", "code", name="level_code_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Criterion(models.Model):
    """What must be shown for a level to hold.

    `evidence_kinds` name the kinds of record that can show it ("activity:hearing", "document:*"); `rule` says what
    else is asked of them, in the words of `partnerships.engagement.levels.Rule`.
    """

    level = models.ForeignKey(Level, models.PROTECT, related_name="criteria")
    code = models.CharField(_("code"), max_length=8)
    name = models.CharField(_("name"), max_length=120)
    explanation = models.TextField(_("explanation"), blank=True)
    evidence_kinds = models.JSONField(_("kinds of evidence"), default=list)
    rule = models.JSONField(_("rule"), default=dict, blank=True)

    class Meta:
        ordering = ["level__order", "code"]
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        constraints = [models.UniqueConstraint("level", "code", name="criterion_code_unique")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
