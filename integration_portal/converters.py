from django.urls import register_converter
from django.urls.converters import SlugConverter

from orgs.naming import RESERVED_SLUGS


class OrganisationSlug(SlugConverter):
    """None of the words that stand for pages: /organisations/register/ is no organisation."""

    regex = rf"(?!(?:{'|'.join(sorted(RESERVED_SLUGS))})/)[-a-zA-Z0-9_]+"


register_converter(OrganisationSlug, "organisation")
