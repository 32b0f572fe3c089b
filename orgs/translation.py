from modeltranslation.translator import TranslationOptions, register

from orgs.models import Domain


@register(Domain)
class DomainTranslation(TranslationOptions):
    fields = ("name", "description")
