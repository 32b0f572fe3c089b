from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.utils.translation import gettext_lazy as _

from orgs.models.domain import Domain


class ServiceTypeQuerySet(models.QuerySet["ServiceType"]):
    def offered(self) -> "ServiceTypeQuerySet":
        """Those that somebody may choose; a retired one stays with the services that have it."""
        return self.filter(retired_on=None)


class ServiceType(models.Model):
    """What newcomers look for, in one closed list: legal advice on residence, a bed for the night, childcare."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="service_types", verbose_name=_("domain"))
    order = models.PositiveSmallIntegerField(_("order"))
    """Of all types: where a word means several, the first one is likelier."""
    name = models.CharField(_("name"), max_length=120)
    open_eligibility = models.CharField(max_length=80, blank=True)
    """The nearest term of the Open Eligibility taxonomy, by which directories elsewhere read ours."""
    is_sheltering = models.BooleanField(_("people are sheltered there"), default=False)
    """As in a women's refuge: each such service is a shelter, whether or not somebody says so. The database holds it."""
    retired_on = models.DateField(_("retired on"), null=True, blank=True)

    objects = ServiceTypeQuerySet.as_manager()

    class Meta:
        ordering = ["domain__order", "order", "pk"]
        verbose_name = _("type of service")
        verbose_name_plural = _("types of service")

    def __str__(self) -> str:
        return self.name


class ServiceTypeWord(models.Model):
    """One of the names and synonyms of a type, in a language: what people type who look for it."""

    type = models.ForeignKey(ServiceType, models.CASCADE, related_name="words")
    language = models.CharField(_("language"), max_length=3)
    text = models.CharField(_("word"), max_length=120)
    stem = models.CharField(max_length=120, editable=False)
    """As it is compared (`orgs.services.finding.stem`)."""

    class Meta:
        verbose_name = _("word for a type of service")
        verbose_name_plural = _("words for types of service")
        constraints = [models.UniqueConstraint("type", "language", "stem", name="service_type_word_once")]
        # Whole, and from its beginning on.
        indexes = [models.Index(OpClass("stem", name="varchar_pattern_ops"), name="service_type_word_stem")]

    def __str__(self) -> str:
        return self.text
