"""What newcomers ask, as they type it, and the type of service that has to come first (or, where two are right, among the first two)."""

import pytest

from orgs.models import ServiceType
from orgs.services import loading
from orgs.services.finding import types_for
from tests.factories import DomainFactory

QUESTIONS = """
    en  I need a lawyer for my papers             legal-advice-residence
    en  where can I sleep tonight                 bed-night
    en  free english or spanish classes           language-spanish language-beginners
    en  someone to look after my baby             childcare
    en  translate my birth certificate            sworn-translation
    en  my boss does not pay me                   labour-abuse
    en  recognise my degree                       diploma-recognition
    en  food bank                                 food-parcels
    en  I want to see a doctor                    primary-care
    en  asylum application                        legal-advice-asylum
    es  abogado                                   legal-advice-residence
    es  necesito una abogada de extranjería       legal-advice-residence
    es  estoy sin papeles                         legal-advice-residence
    es  dónde dormir esta noche                   bed-night
    es  guardería                                 childcare
    es  clases de castellano para principiantes   language-spanish language-beginners
    es  empadronarme                              address-registration
    es  homologar mi título                       diploma-recognition
    es  mi marido me pega                         gender-violence womens-refuge
    es  buscar trabajo                            job-search
    es  me van a desahuciar                       eviction
    es  tarjeta sanitaria                         health-card
    fr  avocat                                    legal-advice-residence
    fr  je cherche un hébergement d'urgence       bed-night
    fr  cours de français                         language-beginners
    fr  garde d'enfants                           childcare
    fr  demande d'asile                           legal-advice-asylum
    fr  reconnaissance de diplôme                 diploma-recognition
    fr  banque alimentaire                        food-parcels
    fr  regroupement familial                     family-reunification
    ar  محامي                                      legal-advice-residence
    ar  أحتاج إلى محامية                            legal-advice-residence
    ar  مكان للنوم                                 bed-night
    ar  حضانة أطفال                                childcare family-law
    ar  روضة أطفال                                 childcare
    ar  مترجم                                      interpreter
    ar  لم الشمل                                   family-reunification
    ar  البحث عن عمل                               job-search
    ar  طبيب                                       primary-care
    ar  طلب اللجوء                                 legal-advice-asylum
    ca  advocat                                   legal-advice-residence
    ca  on puc dormir                             bed-night
    ca  llar d'infants                            childcare
    ca  curs de català                            language-catalan
    ca  empadronament                             address-registration
    ca  banc d'aliments                           food-parcels
    ca  asil                                      legal-advice-asylum
"""
pytestmark = pytest.mark.django_db
ASKED = [line.split(maxsplit=1) for line in QUESTIONS.strip().splitlines()]


@pytest.fixture
def types() -> None:
    entries = loading.entries()
    for place, code in enumerate(sorted({entry["domain"] for entry in entries.values()}), start=1):
        DomainFactory(code=code, name=code, slug=code.lower(), order=900 + place)
    loading.load_service_types(entries.values())


def test_forty_questions_find_the_right_type_first(types: None) -> None:
    known = set(ServiceType.objects.values_list("code", flat=True))
    wrong = []
    for language, line in ASKED:
        words, right = line.rsplit("  ", 1)
        expected = right.split()
        assert set(expected) <= known, right
        found = [one.code for one in types_for(words.strip())]
        if not found or found[0] not in expected:
            wrong.append(f"{language} {words.strip()}: {found} instead of {expected}")
    assert len(ASKED) >= 40
    assert not wrong, "\n".join(wrong)
