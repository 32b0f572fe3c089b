"""The kept mappings of files of organisations, for administrators."""

from typing import Any

from orgs.exchange.imports import mapping_actions as mappings
from orgs.exchange.mapping_pages import (
    MappingDeleteMixin,
    MappingListMixin,
    MappingPagesMixin,
    MappingRenameForm,
    MappingRenameMixin,
)
from orgs.forms import PortalForm
from orgs.models import OrganisationMapping
from orgs.permissions import is_administrator


class OrganisationMappingPage(MappingPagesMixin):
    has_page_permission = staticmethod(is_administrator)
    may_delete = staticmethod(is_administrator)
    model: Any = OrganisationMapping
    pages, imports = "orgs:organisation_mapping", "orgs:organisation_import_list"


class OrganisationMappingListView(OrganisationMappingPage, MappingListMixin):
    pass


class OrganisationMappingUpdateView(OrganisationMappingPage, MappingRenameMixin):
    def perform(self, form: MappingRenameForm) -> OrganisationMapping:
        return mappings.rename_mapping(mapping=self.mapping, name=form.cleaned_data["name"], by=self.person)


class OrganisationMappingDeleteView(OrganisationMappingPage, MappingDeleteMixin):
    def perform(self, form: PortalForm) -> None:
        mappings.delete_mapping(mapping=self.mapping, by=self.person)
