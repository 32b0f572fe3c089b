"""What newcomers ask, as they type it, and the type of service that has to come first (or, where two are right, among the first two)."""

import pytest

from orgs.models import ServiceType, ServiceTypeWord
from orgs.services import loading
from orgs.services.finding import stem, types_for
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
    en  i have no papers can someone help me      legal-advice-residence
    en  nowhere to sleep tonight with my kids     bed-night
    en  landlord is throwing me out               eviction
    en  boss didnt pay me last month              labour-abuse
    en  free english classes for beginners        language-beginners
    en  where can i get free food                 food-parcels
    en  i feel sad all day and cant sleep         mental-health
    en  renew my residence card appointment       legal-advice-residence
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
    es  donde puedo dormir esta noche             bed-night
    es  mi hijo necesita guarderia                childcare
    es  cita previa para renovar el nie           legal-advice-residence
    es  no me pagaron el mes pasado               labour-abuse
    es  ayuda para pagar el alquiler              rent-bills-help
    es  quiero traer a mi esposa de pakistan      family-reunification
    es  estoy embarazada y no tengo papeles       maternity
    es  empadronarme sin contrato de alquiler     address-registration
    fr  avocat                                    legal-advice-residence
    fr  je cherche un hébergement d'urgence       bed-night
    fr  cours de français                         language-beginners
    fr  garde d'enfants                           childcare
    fr  demande d'asile                           legal-advice-asylum
    fr  reconnaissance de diplôme                 diploma-recognition
    fr  banque alimentaire                        food-parcels
    fr  regroupement familial                     family-reunification
    fr  je cherche un cours de francais gratuit   language-beginners
    fr  renouveler carte sejour                   legal-advice-residence
    fr  mon patron ma pas paye                    labour-abuse
    fr  on veut me mettre dehors de mon appartement  eviction
    fr  inscrire ma fille a lecole                school-enrolment
    fr  demande dasile rendez vous                legal-advice-asylum
    fr  ou manger gratuitement ce soir            meals
    fr  bonjour je suis arrivee en france il y a deux mois avec mon bebe et je cherche une creche  childcare
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
    ar  أحتاج محامي من أجل الإقامة                legal-advice-residence
    ar  وين بقدر نام الليلة                       bed-night
    ar  صاحب البيت بدو يطلعنا                     eviction
    ar  كيفاش نجدد لوراق                          legal-advice-residence
    ar  بغيت نتعلم الإسبانية                      language-spanish
    ar  زوجي ضربني وأخاف منه                      gender-violence
    ar  أريد مترجما للمستشفى                      interpreter
    ar  كيف أسجل أولادي بالمدرسة                  school-enrolment
    ca  advocat                                   legal-advice-residence
    ca  on puc dormir                             bed-night
    ca  llar d'infants                            childcare
    ca  curs de català                            language-catalan
    ca  empadronament                             address-registration
    ca  banc d'aliments                           food-parcels
    ca  asil                                      legal-advice-asylum
    ca  no tinc on dormir avui                    bed-night
    ca  necessito menjar per als meus fills       food-parcels
    ca  vull portar la meva dona del marroc       family-reunification
    ca  el propietari em vol fer fora             eviction
    ca  com puc empadronarme sense contracte      address-registration
    ca  targeta sanitaria sense papers            health-card
    ca  busco feina de cuidadora                  job-search domestic-workers
    ca  em trobo malament                         primary-care
"""
SMALL = """
    the a an and or of to for in with from my your his her its are is as was have has can do does did not no new need want help please near
    el la los las un una de del al en con por para sin y o que como cuando donde eso esta mi mis su me te se es soy tengo quiero necesito ayuda
    le les des du au aux et ou mais que qui pour par pas sur sous avec chez je tu il elle nous ma mon mes sa ses est suis ai as aide besoin
    els dels amb per que com quan on meu meva em et es ets som sou soc vull puc tinc diu fa hi ha ajuda
    في من على إلى عن مع هذا هذه ما كيف أين هل لا أنا هو هي عندي أريد أحتاج مساعدة بدي بغيت وين فين كيفاش باش ابني زوجي
"""
"""Words of every other question. None of them may mean a service: but "SOC", which is the employment office of Catalonia."""
pytestmark = pytest.mark.django_db
ASKED = [line.split(maxsplit=1) for line in QUESTIONS.strip().splitlines()]


@pytest.fixture
def types() -> None:
    entries = loading.entries()
    for place, code in enumerate(sorted({entry["domain"] for entry in entries.values()}), start=1):
        DomainFactory(code=code, name=code, slug=code.lower(), order=900 + place)
    loading.load_service_types(entries.values())


def test_small_words_mean_nothing(types: None) -> None:
    stems = {stem(word) for word in SMALL.split()} - {"soc"}
    assert not ServiceTypeWord.objects.filter(stem__in=stems).values_list("type__code", "text")


def test_questions_find_the_right_type_first(types: None) -> None:
    known = set(ServiceType.objects.values_list("code", flat=True))
    wrong = []
    for language, line in ASKED:
        words, right = line.rsplit("  ", 1)
        expected = right.split()
        assert set(expected) <= known, right
        found = [one.code for one in types_for(words.strip())]
        if not found or found[0] not in expected:
            wrong.append(f"{language} {words.strip()}: {found} instead of {expected}")
    assert len(ASKED) >= 80
    assert not wrong, "\n".join(wrong)
