from modeltranslation.translator import TranslationOptions, register

from partnerships.models import Criterion, Level, Practice, Scale


@register(Scale)
class ScaleTranslation(TranslationOptions):
    fields = ("name",)


@register(Level)
class LevelTranslation(TranslationOptions):
    fields = ("name", "authority_does", "promise")


@register(Criterion)
class CriterionTranslation(TranslationOptions):
    fields = ("name", "explanation")


@register(Practice)
class PracticeTranslation(TranslationOptions):
    fields = ("summary",)
