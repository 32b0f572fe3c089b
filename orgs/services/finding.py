"""Which types of service somebody means by what they type, in any of the languages: "necesito un abogado", "محامي", "a bed for tonight"."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise, product

from django.db.models import Case, F, Min, Q, Value, When
from django.db.models.functions import Length

from orgs.folding import folded_words
from orgs.models import ServiceType, ServiceTypeWord
from orgs.models.services import ServiceQuerySet
from orgs.word_search import words_sought

LONGEST_QUERY = 20
"""Words of a query that are looked at: people type whole sentences."""
LONGEST_WORD = 8
"""Words of the longest synonym that is found in a query."""
MOST_TYPES = 4
SHORTEST_BEGINNING = 3
"""Letters of a word that is not typed to its end."""
# What people in a hurry leave out between two words: "carte sejour", "curso castellano".
LINKS = ("", "de", "de l", "de la", "del", "du", "d", "el", "la", "le", "les", "l", "un", "una", "une")
# What stands before a word and is typed in one with it ("lavocat", "والسكن", "بالإقامة"), the accusative of Arabic ("مترجما"), "dont".
PREFIXED = re.compile(r"\b(?:[dl](?=[aeiouh]\w{3})|[وفبك]?(?:ال|لل)(?=\w{3})|[وفبكل](?=\w{4}))")
ACCUSATIVE = re.compile(r"(?<=\w{3})ا\b")
NEGATED = re.compile(r"\b(do|does|did|have|is|ca|wo)nt\b")


def stem(text: str) -> str:
    """Folded, each word without what its number and article add: "los papeles" and "papel" meet, so do "المحامي" and "محامي"."""
    return " ".join(stem_of_word(word) for word in re.findall(r"\w+", " ".join(folded_words(text))))


def stem_of_word(word: str) -> str:
    if len(word) > 4 and word.startswith(("ال", "لل")):
        word = word[2:]
    if len(word) > 3:
        word = word.rstrip("sx")
    return word.removesuffix("e") if len(word) > 3 else word


def types_for(query: str) -> list[ServiceType]:
    """The few that are most likely meant, the likeliest first: by the longest of their words that stands in the query, in whatever language.

    Where none stands in it, those of which a word begins like the last one, which is perhaps being typed: the one that lacks least first.
    """
    typed = NEGATED.sub(r"\1n t", " ".join(folded_words(query)))
    words = stem(typed).split()[:LONGEST_QUERY]
    if not words:
        return []
    apart = stem(ACCUSATIVE.sub("", PREFIXED.sub("", typed))).split()[:LONGEST_QUERY]
    found = ranked(Q(words__stem__in=spans_of(words, apart)))
    if not found and len(words[-1]) >= SHORTEST_BEGINNING:
        found = ranked(Q(words__stem__startswith=words[-1]), shortest=True)
    return found


def spans_of(words: Sequence[str], apart: Sequence[str]) -> set[str]:
    """The words that follow each other, as typed and without what is typed in one with them, and any two with what may stand between them."""
    ends = range(1, LONGEST_WORD + 1)
    spans = {" ".join(line[at : at + length]) for line in (words, apart) for at in range(len(line)) for length in ends}
    ways = [{word, bare} for word, bare in zip(words, apart, strict=False)]
    pairs = {(one, other) for first, second in pairwise(ways) for one, other in product(first, second)}
    return spans | {" ".join(filter(None, (one, link, other))) for one, other in pairs for link in LINKS}


def ranked(meant: Q, *, shortest: bool = False) -> list[ServiceType]:
    length = Length("words__stem")
    weight = Min(length if shortest else -length, filter=meant)
    weighed = ServiceType.objects.filter(meant).annotate(weight=weight)
    return list(
        weighed.select_related("domain").order_by("weight", F("retired_on").asc(nulls_first=True), "order", "pk")[
            :MOST_TYPES
        ]
    )


def services_for(query: str, types: Iterable[ServiceType], among: ServiceQuerySet) -> ServiceQuerySet:
    """Those of these types, in their order, and then those in whose own words all of the query occurs; behind all of them what nobody has
    confirmed for long, in the same order."""
    words = words_sought(query)
    if not words:
        return among
    own_words = Q(text_words__has=words)
    meant = [one.pk for one in types]
    if not meant:
        return among.filter(own_words).likeliest_first()
    place = Case(*[When(type=pk, then=Value(place)) for place, pk in enumerate(meant)], default=Value(len(meant)))
    return among.filter(Q(type__in=meant) | own_words).likeliest_first(place)


def words_of(type_id: int, language: str, texts: Iterable[str]) -> list[ServiceTypeWord]:
    """One for each stem."""
    by_stem = {stem(text): text for text in reversed(list(texts))}
    return [
        ServiceTypeWord(type_id=type_id, language=language, text=text, stem=found)
        for found, text in by_stem.items()
        if found
    ]
