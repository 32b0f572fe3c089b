from modeltranslation.translator import TranslationOptions, register

from indicators.models import Category, Dimension, Indicator, IndicatorVersion


@register([Indicator, IndicatorVersion])
class IndicatorTranslation(TranslationOptions):
    fields = ("name", "definition", "numerator", "denominator")


@register([Dimension, Category])
class NameTranslation(TranslationOptions):
    fields = ("name",)
