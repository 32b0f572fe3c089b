"""Which types of service somebody means by what they type, in any of the languages: "necesito un abogado", "محامي", "a bed for tonight"."""

import re
from collections.abc import Iterable

from django.db.models import Case, Max, Q, Value, When
from django.db.models.functions import Length

from orgs.folding import folded_words
from orgs.models import ServiceType, ServiceTypeWord
from orgs.models.services import ServiceQuerySet
from orgs.word_search import words_sought

LONGEST_QUERY = 12
"""Words of a query that are looked at."""
LONGEST_WORD = 8
"""Words of the longest synonym that is found in a query."""
MOST_TYPES = 4
SHORTEST_BEGINNING = 3
"""Letters of a word that is not typed to its end."""


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

    Where none stands in it, those of which a word begins like the last one, which is perhaps being typed.
    """
    words = stem(query).split()[:LONGEST_QUERY]
    if not words:
        return []
    spans = {" ".join(words[at : at + length]) for at in range(len(words)) for length in range(1, LONGEST_WORD + 1)}
    found = ranked(Q(words__stem__in=spans))
    if not found and len(words[-1]) >= SHORTEST_BEGINNING:
        found = ranked(Q(words__stem__startswith=words[-1]))
    return found


def ranked(meant: Q) -> list[ServiceType]:
    longest = ServiceType.objects.filter(meant).annotate(weight=Max(Length("words__stem"), filter=meant))
    return list(longest.select_related("domain").order_by("-weight", "order", "pk")[:MOST_TYPES])


def services_for(query: str, types: Iterable[ServiceType], among: ServiceQuerySet) -> ServiceQuerySet:
    """Those of these types, in their order, and then those in whose own words all of the query occurs."""
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
