from modeltranslation.translator import TranslationOptions, register

from orgs.models import Domain, Portal, ServiceType, TerritoryScheme


@register(Domain)
class DomainTranslation(TranslationOptions):
    fields = ("name", "description")


@register(ServiceType)
class ServiceTypeTranslation(TranslationOptions):
    fields = ("name",)


@register(TerritoryScheme)
class TerritorySchemeTranslation(TranslationOptions):
    fields = ("name",)


@register(Portal)
class PortalTranslation(TranslationOptions):
    fields = ("name",)
