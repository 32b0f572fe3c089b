import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from indicators.models import ImportBatch
from orgs.folding import holding_words
from orgs.forms import PortalForm


class ImportFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=ImportBatch.State, label=_("State"), empty_label=_("All states"))
    q = django_filters.CharFilter(label=_("File or mapping"), method="search")

    class Meta:
        model = ImportBatch
        fields: list[str] = []
        form = PortalForm

    def search(self, queryset: QuerySet[ImportBatch], name: str, value: str) -> QuerySet[ImportBatch]:
        return holding_words(queryset, value, "file_name", "mapping_name")
