import itertools
import re

import pytest

from orgs.naming import REFERENCE_ALPHABET, new_reference, slug_for, slugs_for


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Associació Àfrica, S.L.", "associacio-africa-s-l"),
        ("Mà & Pà", "ma-pa"),
        ("جمعية الأمل", "jmyh-alaml"),
        ("Український дім", "ukrainskiy-dim"),
        ("Ελληνική Κοινότητα", "elliniki-koinotita"),
        ("中华会馆", "zhonghuahuiguan"),
        ("한국인회", "hanguginhoe"),
        ("Casa d'Àfrica", "casa-d-africa"),
        ("Straße", "strasse"),
        ("register", "org-7k3m9p"),
        ("!", "org-7k3m9p"),
        ("a" * 300, "a" * 70),
    ],
)
def test_name_of_any_script_has_an_address(name, slug):
    assert slug_for(name, "ORG-7K3M9P") == slug


def test_further_addresses_are_numbered():
    assert list(itertools.islice(slugs_for("Mà", "ORG-1"), 3)) == ["ma", "ma-2", "ma-3"]


def test_reference_can_be_read_over_the_telephone():
    assert not set(REFERENCE_ALPHABET) & set("0O1IL5S8B2Z")
    seen = {new_reference("ORG") for _ in range(200)}
    assert len(seen) == 200
    assert all(re.fullmatch(f"ORG-[{REFERENCE_ALPHABET}]{{6}}", reference) for reference in seen)
