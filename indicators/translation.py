from django.apps import apps
from modeltranslation.translator import TranslationOptions, register

from indicators.models import Category, Dimension, Indicator, IndicatorVersion


@register([Indicator, IndicatorVersion])
class IndicatorTranslation(TranslationOptions):
    fields = ("name", "definition", "numerator", "denominator")


# With what is kept of them, so that their history has every language.
@register([Dimension, Category, *(apps.get_model("indicators", f"{name}Event") for name in ("Dimension", "Category"))])
class NameTranslation(TranslationOptions):
    fields = ("name",)
