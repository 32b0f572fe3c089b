"""Names as people type them: "lhospitalet", "L’Hospitalet" and "l'hospitalet" are one, and "CEAR" finds "C.E.A.R.".

PostgreSQL does it in a generated column (no extension needed); `fold` does the same to what a person types.
"""

import re
import unicodedata
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Func, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from modeltranslation.utils import get_language, resolution_order

# Letters that do not decompose, and what they are taken for: one for one, as PostgreSQL's translate() needs; and those that are two.
PLAIN = ("łđøıðŁĐØÐٱةى", "ldoidldodاهي")
DOUBLE = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ẞ": "ss", "þ": "th", "Þ": "th"}
# Accents, vowel signs, and what is written or left out at will: apostrophes, hyphens, points and the raised one of Catalan. As escapes that
# both regular expressions read.
MARKS = r"\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0640"
APOSTROPHES, HYPHENS, POINTS = r"'\u2018\u2019\u02bc\u0060", r"\u2010-\u2015\-", r".\u00b7\u2027"
AT_WILL = APOSTROPHES + POINTS + HYPHENS
LETTERS = str.maketrans(dict(zip(*PLAIN, strict=True)) | DOUBLE)


def fold(text: str) -> str:
    """`text` in small letters without accents, apostrophes, hyphens and points; white space is left as it is. NUL, which PostgreSQL cannot
    hold, goes."""
    plain = re.sub(f"[{MARKS}{AT_WILL}]", "", unicodedata.normalize("NFKD", text.replace("\0", "")))
    # Python, and some collations of PostgreSQL, give a sigma at the end of a word a form of its own.
    return plain.translate(LETTERS).lower().replace("ς", "σ")


def folded_words(text: str) -> list[str]:
    """What somebody looks for, word by word, each folded: what hyphens and apostrophes hold together may stand apart elsewhere."""
    return [word for word in map(fold, re.sub(f"[{APOSTROPHES}{HYPHENS}]", " ", text).split()) if word]


def _doubled(sql: str) -> str:
    for letter, letters in DOUBLE.items():
        sql = f"replace({sql}, '{letter}', '{letters}')"
    return sql


def folded_sql(sql: str) -> str:
    """The same in SQL: immutable on PostgreSQL 15 and later, as a generated column must be."""
    marks = f"[{MARKS}{AT_WILL.replace(chr(39), chr(39) * 2)}]"
    plain = f"translate(regexp_replace(normalize({sql}, NFKD), '{marks}', '', 'g'), '{PLAIN[0]}', '{PLAIN[1]}')"
    return f"replace(lower({_doubled(plain)}), 'ς', 'σ')"


class Folded(Func):
    template = folded_sql("%(expressions)s")
    output_field = models.TextField()

    def __init__(self, expression: str | Combinable) -> None:
        super().__init__(expression)


def holding_words(rows: QuerySet[Any], words: str, *columns: str) -> QuerySet[Any]:
    """Those in which every word occurs, in one column or another."""
    space = Value(" ", output_field=TextField())
    pieces = [piece for column in columns for piece in (Coalesce(Cast(column, TextField()), space), space)]
    found = rows.annotate(text_folded=Folded(Concat(*pieces, output_field=TextField())))
    for word in folded_words(words):
        found = found.filter(text_folded__contains=word)
    return found


def in_every_language(*names: str) -> list[str]:
    """The columns of translated texts."""
    return [f"{name}_{language}" for name in names for language, _name in settings.LANGUAGES]


def as_shown(name: str) -> Folded:
    """A translated text as the reader sees it, by which the database puts rows in order, whatever accents it has."""
    return Folded(Coalesce(*(NullIf(f"{name}_{language}", Value("")) for language in resolution_order(get_language()))))
