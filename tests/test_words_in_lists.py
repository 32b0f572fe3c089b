"""Words typed over a list find as the search of the portal does: without accents, in any order, in every language that a text has."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from indicators.catalogue.filters import IndicatorFilter
from indicators.imports.filters import ImportFilter
from indicators.models import ImportBatch, Indicator
from integration_portal import search
from orgs.accounts.filters import AccountFilter
from orgs.models import ReviewerAppointment, ServiceType, User
from orgs.reviewers.filters import AppointmentFilter
from orgs.service_types.filters import ServiceTypeListFilter
from partnerships.agreements.filters import PartnershipFilter, PracticeFilter
from partnerships.models import Partnership, Practice
from tests.factories import ReviewerAppointmentFactory, ServiceTypeFactory, UserFactory
from tests.factories_indicators import ImportBatchFactory, IndicatorFactory
from tests.factories_partnerships import PartnershipFactory, PracticeFactory

pytestmark = pytest.mark.django_db

LISTS: dict[str, tuple[Callable[[], Any], Any, Any]] = {
    "partnerships": (lambda: PartnershipFactory(title="Acción común de acogida"), PartnershipFilter, Partnership),
    "practices": (
        lambda: PracticeFactory(summary_fr="Accueil et action commune: accion comun"),
        PracticeFilter,
        Practice,
    ),
    "indicators": (
        lambda: IndicatorFactory(name_en="Joint action", name_es="Acción común"),
        IndicatorFilter,
        Indicator,
    ),
    "types of service": (
        lambda: ServiceTypeFactory(code="accion").words.create(language="fr", text="Común", stem="comun").type,
        ServiceTypeListFilter,
        ServiceType,
    ),
    "accounts": (lambda: UserFactory(name="Común Acción"), AccountFilter, User),
    "reviewers": (
        lambda: ReviewerAppointmentFactory(user__name="Común Acción"),
        AppointmentFilter,
        ReviewerAppointment,
    ),
    "files": (lambda: ImportBatchFactory(file_name="Acción-común.csv"), ImportFilter, ImportBatch),
}


@pytest.mark.parametrize("name", LISTS)
def test_words_of_a_list_are_found_without_accents_and_in_any_order(name: str) -> None:
    make, filter_of, model = LISTS[name]
    wanted = make()
    found = filter_of({"q": "COMUN  accion"}, model.objects.all())
    assert found.is_valid()
    assert list(found.qs) == [wanted]
    assert list(filter_of({"q": "comun quagga"}, model.objects.all()).qs) == []


def test_search_finds_practices_and_indicators_in_the_languages_of_their_texts() -> None:
    PracticeFactory(summary_ar="استقبال الوافدين")
    IndicatorFactory(name_fr="Logement surpeuplé")
    assert [
        group.count for group in (search.practices("استقبال", AnonymousUser()), search.indicators("surpeuple"))
    ] == [1, 1]
