"""What a person types is folded in Python, what is stored by PostgreSQL: both have to do the same."""

import pytest
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orgs.folding import Folded, fold
from orgs.models import Organisation
from tests.factories import OrganisationFactory

# Letters of the scripts that names are written in, with marks and the letters that stand for two.
LETTERS = st.characters(
    min_codepoint=0x20,
    max_codepoint=0x2FFF,
    exclude_categories=["Cs", "Cc", "Cn", "Co"],
)


def folded_by_sql(text):
    compiler = Organisation.objects.all().query.get_compiler(connection=connection)
    sql, params = compiler.compile(Folded(Concat(Value(text), Value(""))).resolve_expression(compiler.query))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", params)
        return cursor.fetchone()[0]


class FoldingTest(TestCase):
    @settings(max_examples=400, deadline=None)
    @given(st.text(alphabet=LETTERS, max_size=30))
    def test_python_folds_as_postgresql_does(self, text):
        assert fold(text) == folded_by_sql(text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Associació Àfrica", "associacio africa"),
        ("ÇEDİLLA ŁÓDŹ Ørsted", "cedilla lodz orsted"),
        ("جَمْعِيَّة", "جمعيه"),
        ("Straße æ œ þ ð ǽ", "strasse ae oe th d ae"),
        ("Ἀθῆναι ΟΔΟΣ", "αθηναι οδοσ"),
        ("ﬁ №", "fi no"),
        ("L’Hospitalet l'Hospitalet lʼHospitalet", "lhospitalet lhospitalet lhospitalet"),
        ("col·lectiu coŀlectiu col-lectiu col‑lectiu", "collectiu collectiu collectiu collectiu"),
        ("C.E.A.R.", "cear"),
        ("مدرسة مدرسه على علي", "مدرسه مدرسه علي علي"),
        ("أحمد إسلام آمنة", "احمد اسلام امنه"),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded
    assert folded_by_sql(text) == folded


@pytest.mark.django_db
def test_name_is_found_without_its_accents():
    there = OrganisationFactory(name="Associació Àfrica", acronym="AÀ")
    for typed in ("a-fri'ca", "africa", "ASSOCIACIO", "afr assoc", "Àfrica aa"):
        assert list(Organisation.objects.matching(typed)) == [there]
    assert not Organisation.objects.matching("asia").exists()
    assert list(Organisation.objects.named("associacio africa")) == [there]
    assert not Organisation.objects.named("associacio").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        (
            "Col·lectiu d’Acollida de l'Hospitalet",
            ["collectiu acollida", "col.lectiu dacollida", "l'hospitalet", "L’HOSPITALET", "lhospitalet"],
        ),
        ("C.E.A.R. Catalunya", ["cear", "C.E.A.R", "c.e.a.r. catalunya"]),
        ("Anti-Racisme i Cœur", ["antiracisme", "anti racisme", "anti‑racisme", "coeur", "CŒUR"]),
        ("Groß Straßenhilfe", ["gross", "strassenhilfe", "GROẞ"]),
        ("جمعية المرأة", ["جمعيه", "المراه", "المرأة"]),
    ],
)
def test_name_is_found_as_people_type_it(name, typed):
    there = OrganisationFactory(name=name)
    assert {text: list(Organisation.objects.matching(text)) for text in typed} == {text: [there] for text in typed}
