"""Names without accents and case, so that "Associacio Africa" finds "Associació Àfrica".

PostgreSQL does it in a generated column (no extension needed); `fold` does the same to what a person types.
"""

import re
import unicodedata

from django.db import models
from django.db.models import Func
from django.db.models.expressions import Combinable

# Letters that do not decompose, and what they are taken for. One to one, as PostgreSQL's translate() needs.
PLAIN = str.maketrans("łđøıßæœþðŁĐØÆŒÞÐ", "ldoisaotdldoaotd")
MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0640"


def fold(text: str) -> str:
    """`text` in small letters without diacritics; white space is left as it is. NUL, which PostgreSQL cannot hold, goes."""
    plain = unicodedata.normalize("NFKD", text.replace("\0", "").translate(PLAIN))
    # Python, and some collations of PostgreSQL, give a sigma at the end of a word a form of its own.
    return re.sub(f"[{MARKS}]", "", plain).lower().replace("ς", "σ")


class Folded(Func):
    """The same in SQL: immutable on PostgreSQL 15 and later, as a generated column must be."""

    template = (
        "replace(lower(regexp_replace(normalize(translate(%(expressions)s, "
        "'łđøıßæœþðŁĐØÆŒÞÐ', 'ldoisaotdldoaotd'), NFKD), "
        f"'[{MARKS}]', '', 'g')), 'ς', 'σ')"
    )
    output_field = models.TextField()

    def __init__(self, expression: str | Combinable) -> None:
        super().__init__(expression)
