"""What a person looks for is cut into words in Python, what is stored by PostgreSQL: both have to find the same."""

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orgs.folding import fold
from orgs.models import Organisation, Service, Territory
from orgs.services.finding import services_for
from orgs.word_search import LONGEST_TEXT, cut, words_sought
from tests.factories import OrganisationFactory, ServiceFactory, TerritoryFactory

# Letters of the scripts that names are written in, and all that stands between them.
LETTERS = st.characters(min_codepoint=0x20, max_codepoint=0x9FFF, exclude_categories=["Cs", "Cc", "Cn", "Co"])


def is_found(text: str, sought: str) -> bool:
    Service.objects.filter(pk=1).update(description=text)
    return Service.objects.filter(pk=1, text_words__has=words_sought(sought)).exists()


class WordsTest(TestCase):
    def setUp(self) -> None:
        ServiceFactory(pk=1)

    @settings(max_examples=200, deadline=None)
    @given(st.text(alphabet=LETTERS, max_size=30).filter(words_sought))
    def test_a_text_is_found_by_all_of_itself_by_each_of_its_words_and_by_their_beginnings(self, text: str) -> None:
        words = cut(fold(text))
        for sought in (text, *words, *(word[: max(1, len(word) // 2)] for word in words)):
            assert is_found(text, sought), sought
        assert not is_found(text, "zzqx")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "sought", "finds"),
    [
        ("L’Hospitalet acull", "hospit", True),
        ("L’Hospitalet acull", "l'hospitalet", True),
        ("L’Hospitalet acull", "lhospitalet", True),
        ("L’Hospitalet acull", "ospitalet", False),
        ("C.E.A.R.", "cear", True),
        ("CEAR", "C.E.A.R.", True),
        ("Col·lectiu Punt-Seguit", "collectiu puntseguit", True),
        ("Col·lectiu Punt-Seguit", "col·lectiu seguit", True),
        ("جمعية المحامين", "محامين", True),
        ("جمعية محامين", "المحامين", True),
        ("Casa Dona", "casa de la dona", True),
        ("西班牙华人协会", "华人", True),
        ("西班牙华人协会 Barcelona", "协会 barcelona", True),
        ("西班牙华人协会", "法国", False),
        ("ชุมชนไทย", "ไทย", True),
        ("Association (Berlin/Brandenburg)", "brandenburg", True),
        ("AI & Co.", "ai", True),
        ("Thai House", "ai", False),
        ("Far", "far\\' | 'xyz", False),
        ("100 % solidari", "100%", True),
    ],
)
def test_names_are_found_by_the_beginnings_of_their_words(name: str, sought: str, finds: bool) -> None:
    ServiceFactory(pk=1)
    assert is_found(name, sought) is finds


@pytest.mark.django_db
def test_texts_of_any_length_are_stored_and_found() -> None:
    words = " ".join(f"word{n}" for n in range(200_000))
    service = ServiceFactory(title="Help", description=f"{'ﷺ' * 5000} {'x' * 5000} {words}")
    assert Service.objects.filter(text_words__has=words_sought("help")).get() == service
    assert not Service.objects.filter(text_words__has=words_sought(f"word{LONGEST_TEXT}")).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sought",
    [
        "",
        "'",
        "\\",
        "':*",
        "& | !",
        "<->",
        "🙂",
        "\u0301\u0301",
        "हिन्दी",
        "a" * 5000,
        ",".join(map(str, range(3000))),
        "\0",
        "%_",
        "ﷺ",
    ],
)
def test_whatever_is_typed_is_no_fault(sought: str) -> None:
    ServiceFactory()
    list(Organisation.objects.matching(sought))
    list(services_for(sought, [], Service.objects.all()))


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Organisation, Service, Territory])
def test_words_are_looked_up_in_an_index(model: type[Organisation | Service | Territory]) -> None:
    {Organisation: OrganisationFactory, Service: ServiceFactory, Territory: TerritoryFactory}[model]()
    column = "text_words" if model is Service else "name_words"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = model.objects.order_by().filter(**{f"{column}__has": words_sought("hospit")}).explain()
    assert f"{model._meta.model_name}_{column}" in plan
