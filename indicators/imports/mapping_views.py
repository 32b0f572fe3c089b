"""The saved mappings of files of figures, for those who import them."""

from typing import Any

from indicators.imports import mapping_actions as mappings
from indicators.models import SavedMapping
from indicators.permissions import can_import
from orgs.exchange.mapping_pages import (
    MappingDeleteMixin,
    MappingListMixin,
    MappingPagesMixin,
    MappingRenameForm,
    MappingRenameMixin,
)
from orgs.forms import PortalForm
from orgs.permissions import is_administrator


class SavedMappingPage(MappingPagesMixin):
    """Who imports may rename one; administrators alone delete it, since it is everybody's and nothing brings it back."""

    has_page_permission = staticmethod(can_import)
    may_delete = staticmethod(is_administrator)
    model: Any = SavedMapping
    pages, imports = "indicators:mapping", "indicators:import_list"


class SavedMappingListView(SavedMappingPage, MappingListMixin):
    pass


class SavedMappingUpdateView(SavedMappingPage, MappingRenameMixin):
    def perform(self, form: MappingRenameForm) -> SavedMapping:
        return mappings.rename_mapping(mapping=self.mapping, name=form.cleaned_data["name"], by=self.person)


class SavedMappingDeleteView(SavedMappingPage, MappingDeleteMixin):
    has_page_permission = staticmethod(is_administrator)

    def perform(self, form: PortalForm) -> None:
        mappings.delete_mapping(mapping=self.mapping, by=self.person)
