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
    """`text` in small letters without diacritics; white space is left as it is."""
    plain = unicodedata.normalize("NFKD", text.translate(PLAIN))
    return re.sub(f"[{MARKS}]", "", plain).lower()


class Folded(Func):
    """The same in SQL: immutable on PostgreSQL 15 and later, as a generated column must be."""

    template = (
        "lower(regexp_replace(normalize(translate(%(expressions)s, 'łđøıßæœþðŁĐØÆŒÞÐ', 'ldoisaotdldoaotd'), NFKD), "
        f"'[{MARKS}]', '', 'g'))"
    )
    output_field = models.TextField()

    def __init__(self, expression: str | Combinable) -> None:
        super().__init__(expression)
