from modeltranslation.translator import TranslationOptions, register

from orgs.models import Domain, Portal, TerritoryScheme


@register(Domain)
class DomainTranslation(TranslationOptions):
    fields = ("name", "description")


@register(TerritoryScheme)
class TerritorySchemeTranslation(TranslationOptions):
    fields = ("name",)


@register(Portal)
class PortalTranslation(TranslationOptions):
    fields = ("name",)
