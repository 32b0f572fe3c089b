"""What can be looked up by typing a name: territories, organisations, languages, countries."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from orgs.folding import fold
from orgs.languages import COUNTRIES, LANGUAGES, USUAL, country_name, language_label, name_for_reader, own_name
from orgs.models import Organisation, Territory
from orgs.registers import register_label, registers
from orgs.word_search import words_sought

T = TypeVar("T")


LIMIT = 12


def keys_of(values: Iterable[str]) -> list[int]:
    return [int(value) for value in values if value.isdecimal() and len(value) < 19]


class Lookup(Generic[T]):
    """How one kind of thing is found, and what it is called."""

    url_name = ""
    """Where the script asks for suggestions; empty where the page carries them all."""

    def exact(self, text: str) -> list[T]:
        """Those whose name, label or code it is."""
        raise NotImplementedError

    def similar(self, text: str, limit: int = LIMIT) -> list[T]:
        """Those that it may be part of, the best first."""
        raise NotImplementedError

    def get(self, values: Iterable[str]) -> list[T]:
        raise NotImplementedError

    def names(self, item: T) -> list[str]:
        """All that somebody may have typed and meant just this."""
        raise NotImplementedError

    def is_called(self, item: T, text: str) -> bool:
        return fold(text.strip()) in map(fold, self.names(item))

    def value(self, item: T) -> str:
        raise NotImplementedError

    def label(self, item: T) -> str:
        raise NotImplementedError

    def url(self) -> str:
        return reverse(self.url_name) if self.url_name else ""

    def offered(self) -> list[T]:
        """Shown to be ticked before anybody types, where there are several to choose."""
        return []

    def suggested(self) -> list[T]:
        """What the page itself carries for the browser to suggest."""
        return []


class ModelLookup(Lookup[T]):
    """Rows of a table that have a folded name, and its words."""

    name_field = "name_folded"
    code_field = ""

    def __init__(self, queryset: Any = None) -> None:
        self._queryset = queryset

    def queryset(self) -> QuerySet[Any]:
        raise NotImplementedError

    def exact(self, text: str) -> list[T]:
        by_code = list(self.queryset().filter(**{self.code_field: text.strip()})[:LIMIT])
        if by_code:
            return by_code
        # A label that the browser put in ends in a bracket; the name is what stands before it.
        words = text.rpartition(" (")[0] if text.endswith(")") else text
        near = self.queryset().filter(**{f"{self.name_field}__startswith": fold(words.strip())})
        return [item for item in near[:200] if self.is_called(item, text)][:LIMIT]

    def similar(self, text: str, limit: int = LIMIT) -> list[T]:
        named = text.rpartition(" (")[0] if text.endswith(")") else text
        words = words_sought(named)
        if not words:
            return []
        found = self.queryset().filter(name_words__has=words)
        # A name that begins so comes before one that has it somewhere.
        beginning = {f"{self.name_field}__startswith": fold(named.strip())}
        begins = list(found.filter(**beginning)[:limit])
        rest = found.exclude(**beginning)
        return [*begins, *rest[: limit - len(begins)]] if len(begins) < limit else begins

    def names(self, item: T) -> list[str]:
        return [self.label(item)]

    def get(self, values: Iterable[str]) -> list[T]:
        keys = keys_of(values)
        return list(self.queryset().filter(pk__in=keys)) if keys else []

    def value(self, item: Any) -> str:
        return str(item.pk)


class TerritoryLookup(ModelLookup[Territory]):
    """Places of today, or those of a `queryset`; where history is meant, those of any day (`ever`).

    What was chosen before, or is named by its whole label, is found whatever became of it.
    """

    url_name = "orgs:lookup_territories"
    code_field = "code"

    def __init__(self, queryset: Any = None, *, ever: bool = False) -> None:
        super().__init__(queryset)
        self.ever = ever

    def queryset(self) -> QuerySet[Territory]:
        if self._queryset is None and not self.ever:
            return self.of_any_day().active(timezone.localdate())
        return self.of_any_day()

    def of_any_day(self) -> Any:
        places = Territory.objects.all() if self._queryset is None else self._queryset
        return places.places().with_path()

    def url(self) -> str:
        return f"{super().url()}?ever=1" if self.ever else super().url()

    def exact(self, text: str) -> list[Territory]:
        found = super().exact(text)
        # In another language the name stands behind the name proper, so the text is not how the folded name begins.
        found = found or [place for place in self.similar(text) if self.is_called(place, text)]
        return found or self.labelled(text)

    def labelled(self, text: str) -> list[Territory]:
        words = words_sought(text.rpartition(" (")[0])
        found = self.of_any_day().filter(name_words__has=words)[:200] if words else []
        return [place for place in found if fold(text.strip()) in map(fold, labels_of(place))]

    def get(self, values: Iterable[str]) -> list[Territory]:
        keys = keys_of(values)
        return list(self.of_any_day().filter(pk__in=keys)) if keys else []

    def label(self, item: Territory) -> str:
        return item.label

    def names(self, item: Territory) -> list[str]:
        return [*labels_of(item), item.name, *item.names.values()]


def labels_of(place: Territory) -> Iterator[str]:
    """As readers of each language see it: the address of a list holds that of whoever made it."""
    for language, _name in settings.LANGUAGES:
        with override(language):
            yield place.label


class OrganisationLookup(ModelLookup[Organisation]):
    """Published organisations, of the `sectors` that are named or of all; or those of a `queryset`."""

    url_name = "orgs:lookup_organisations"
    code_field = "reference"

    def __init__(self, queryset: QuerySet[Organisation] | None = None, sectors: Sequence[str] = ()) -> None:
        super().__init__(queryset)
        self.sectors = [str(sector) for sector in sectors]

    def queryset(self) -> QuerySet[Organisation]:
        found = Organisation.objects.published() if self._queryset is None else self._queryset
        if self.sectors:
            found = found.filter(sector__in=self.sectors)
        return found.select_related("territory")

    def url(self) -> str:
        return f"{super().url()}?{urlencode({'sector': self.sectors}, doseq=True)}" if self.sectors else super().url()

    def label(self, item: Organisation) -> str:
        return f"{item.name} ({', '.join(filter(None, [item.acronym, item.territory.local_name]))})"

    def names(self, item: Organisation) -> list[str]:
        return list(filter(None, [self.label(item), item.name, item.acronym]))

    def exact(self, text: str) -> list[Organisation]:
        return super().exact(text) or [found for found in self.similar(text) if self.is_called(found, text)]


class CodeLookup(Lookup[str]):
    """Codes of a closed list, few enough for the page to carry all their names."""

    def codes(self) -> Iterable[str]:
        raise NotImplementedError

    def exact(self, text: str) -> list[str]:
        wanted = fold(text.strip())
        return [code for code in self.codes() if wanted in map(fold, [code, *self.names(code)])]

    def similar(self, text: str, limit: int = LIMIT) -> list[str]:
        wanted = fold(text.strip())
        return [code for code in self.codes() if any(wanted in fold(name) for name in self.names(code))][:limit]

    def get(self, values: Iterable[str]) -> list[str]:
        wanted = set(values)
        return [code for code in self.codes() if code in wanted]

    def value(self, item: str) -> str:
        return item

    def suggested(self) -> list[str]:
        offered = set(self.offered())
        return sorted((code for code in self.codes() if code not in offered), key=lambda code: fold(self.label(code)))


class LanguageLookup(CodeLookup):
    def __init__(self, offered: Sequence[str] = USUAL) -> None:
        """`offered` have boxes of their own, and are not suggested beside."""
        self._offered = [*offered]

    def codes(self) -> Iterable[str]:
        return LANGUAGES

    def names(self, code: str) -> list[str]:
        return [own_name(code), LANGUAGES[code][1], name_for_reader(code), language_label(code)]

    def label(self, item: str) -> str:
        return language_label(item)

    def offered(self) -> list[str]:
        return self._offered


class RegisterLookup(CodeLookup):
    """Of hundreds, so that the page carries none and the server is asked."""

    url_name = "orgs:lookup_registers"

    def codes(self) -> Iterable[str]:
        return registers()

    def names(self, code: str) -> list[str]:
        return [str(registers()[code]), registers()[code].name, registers()[code].own_name, code.partition("-")[2]]

    def label(self, item: str) -> str:
        return register_label(item)

    def suggested(self) -> list[str]:
        return []


class CountryLookup(CodeLookup):
    def codes(self) -> Iterable[str]:
        return COUNTRIES

    def names(self, code: str) -> list[str]:
        return [country_name(code), COUNTRIES[code]]

    def label(self, item: str) -> str:
        return country_name(item)
