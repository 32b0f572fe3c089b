"""Finding rows by the beginnings of their words, from an index: "hospit" finds "L'Hospitalet", "cear" finds "C.E.A.R.", "محامي" finds "المحامي".

A row keeps its words, folded, as a tsvector in a generated column; no extension and no dictionary of one language is needed.
"""

import re
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func, Lookup

from orgs.folding import APOSTROPHES, HYPHENS, fold, folded_sql, folded_words

DELIMITERS = (
    r"\s!-,/:-@\[-`{-~\u00a1-\u00bf\u00d7\u00f7\u060c\u061b\u061f\u066a-\u066d\u2000-\u206f\u2e00-\u2e7f\u3000-\u303f"
)
"""What stands between words once they are folded: as escapes that both regular expressions read."""
ARTICLES = "ال|لل|وال|بال"
"""Of Arabic, written together with their word."""
UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3040-\u9fff"
"""Signs of Thai, Lao, Burmese, Khmer, Chinese and Japanese, which put no spaces between words: each stands for itself."""
LONGEST_TEXT = 20_000
"""Letters of a text that are looked at: of more no tsvector could be made."""
LONGEST_WORD = 200
MOST_WORDS = 12
"""Words of a query that are looked at."""
SHORT = 2
"""Letters of a word that says little beside longer ones: "de", "la", "of"."""


def words_sought(text: str) -> list[str]:
    """What somebody looks for, word by word, each as a condition of a tsquery: "l'hospit" is meant together or apart.

    Short words are left out where there are longer ones.
    """
    words = [(cut(fold(word)), cut(" ".join(folded_words(word)))) for word in text.split()]
    telling = [way for way in words if len("".join(way[0])) > SHORT or re.search(f"[{UNSPACED}]", "".join(way[0]))]
    return [either(joined, apart) for joined, apart in (telling or words)[:MOST_WORDS] if joined or apart]


def cut(folded: str) -> list[str]:
    """Into words, each without an Arabic article."""
    words = filter(None, re.split(f"[{DELIMITERS}]+", re.sub(f"([{UNSPACED}])", r" \1 ", folded)))
    return [re.sub(f"^(?:{ARTICLES})(?=...)", "", word)[:LONGEST_WORD] for word in words][:MOST_WORDS]


def either(joined: list[str], apart: list[str]) -> str:
    ways = dict.fromkeys(" & ".join(f"'{word}':*" for word in way) for way in (joined, apart) if way)
    return f"({' | '.join(ways)})"


def _words_sql(text: str) -> str:
    """Of a text once as it is, once with what apostrophes and hyphens hold together apart, and of that once without Arabic articles."""
    apart = folded_sql(f"regexp_replace({text}, '[{APOSTROPHES.replace(chr(39), chr(39) * 2)}{HYPHENS}]', ' ', 'g')")
    bare = f"regexp_replace({apart}, '(^|[{DELIMITERS}])(?:{ARTICLES})(?=[^{DELIMITERS}]{{3}})', ' ', 'g')"
    every = f"regexp_replace({folded_sql(text)} || ' ' || {apart} || ' ' || {bare}, '([{UNSPACED}])', ' \\1 ', 'g')"
    spaced = f"regexp_replace({every}, '[{DELIMITERS}]+', ' ', 'g')"
    kept = f"regexp_replace({spaced}, '[^ ]{{{LONGEST_WORD + 1},}}', '', 'g')"
    return f"array_to_tsvector(array_remove(string_to_array({kept}, ' '), ''))"


class Words(Func):
    """The words of some columns, folded, each once: what a generated column keeps."""

    template = _words_sql(f"left(%(expressions)s, {LONGEST_TEXT})")
    arg_joiner = " || ' ' || "
    output_field = SearchVectorField()


@SearchVectorField.register_lookup
class HasWords(Lookup):
    """Each of the words, or a longer one that begins like it, is in the row: `name_words__has=words_sought("hospit")`."""

    lookup_name = "has"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} @@ %s::tsquery", (*parameters, " & ".join(self.rhs))
