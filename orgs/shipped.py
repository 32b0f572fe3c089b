"""Vocabulary that comes with the software: loaded in every installation, at every start, without undoing what an administrator did.

What was never loaded and is not there is created. What was loaded and has not changed in the file since is left alone, whatever stands
there now. What has changed in the file is corrected where the row still says what it said when it came; else it stays.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from modeltranslation.manager import get_translatable_fields_for_model

from orgs.models import ShippedEntry

Entry = Mapping[str, Any]
State = dict[str, Any]


@dataclass(frozen=True)
class Vocabulary:
    """The entries of one kind: what the files say, how it is written, and what the rows say."""

    kind: str
    entries: Callable[[], dict[str, Any]]
    """By code, as the files have them."""
    write: Callable[[list[Any]], object]
    """Creates the rows of some entries, or makes those that are there say the same. Refuses by a ValidationError."""
    states: Callable[[Collection[str]], dict[str, State]]
    """By code, of those that are there (`state_of`)."""


class Refusal(NamedTuple):
    """An entry that could not be written. It is tried again at the next start."""

    kind: str
    code: str
    reason: str


@transaction.atomic
def load_shipped(vocabularies: Iterable[Vocabulary]) -> list[Refusal]:
    """Loads what is new in the files, in the order in which one kind needs another. Where nothing is, it costs one query."""
    digests = {
        (kind, code): digest for kind, code, digest in ShippedEntry.objects.values_list("kind", "code", "digest")
    }
    return [refusal for vocabulary in vocabularies for refusal in _load_kind(vocabulary, digests)]


def _load_kind(vocabulary: Vocabulary, known: Mapping[tuple[str, str], str]) -> list[Refusal]:
    entries = vocabulary.entries()
    digests = {code: digest_of(entry) for code, entry in entries.items()}
    changed = [code for code in entries if known.get((vocabulary.kind, code)) != digests[code]]
    if not changed:
        return []
    stands = vocabulary.states(changed)
    before = dict(ShippedEntry.objects.filter(kind=vocabulary.kind, code__in=changed).values_list("code", "state"))
    wanted = [
        code
        for code in changed
        if (_is_untouched(before[code], stands.get(code)) if code in before else code not in stands)
    ]
    refusals = _write(vocabulary, {code: entries[code] for code in wanted})
    refused = {refusal.code for refusal in refusals}
    written = vocabulary.states([code for code in wanted if code not in refused])
    ShippedEntry.objects.bulk_create(
        [
            ShippedEntry(
                kind=vocabulary.kind, code=code, digest=digests[code], state=written.get(code, before.get(code))
            )
            for code in changed
            if code not in refused
        ],
        update_conflicts=True,
        unique_fields=["kind", "code"],
        update_fields=["digest", "state"],
    )
    return refusals


def _is_untouched(loaded: State | None, now: State | None) -> bool:
    """Whether a row is there and says what it said when it came. Columns that the model did not have then say nothing."""
    return loaded is not None and now is not None and all(now.get(name) == value for name, value in loaded.items())


def _write(vocabulary: Vocabulary, entries: Mapping[str, Entry]) -> list[Refusal]:
    """All at once; where one is refused, each by itself, so that it does not keep the others away."""
    if not entries or _refusal_of(vocabulary, list(entries.values())) is None:
        return []
    reasons = {code: _refusal_of(vocabulary, [entry]) for code, entry in entries.items()}
    return [Refusal(vocabulary.kind, code, reason) for code, reason in reasons.items() if reason is not None]


def _refusal_of(vocabulary: Vocabulary, entries: list[Entry]) -> str | None:
    try:
        with transaction.atomic():
            vocabulary.write(entries)
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    except IntegrityError as clash:
        return str(clash).strip().splitlines()[-1]
    return None


def digest_of(entry: Entry) -> str:
    return hashlib.sha256(json.dumps(entry, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def state_of(row: Model, *, without: Collection[str] = (), **more: Any) -> State:
    """What a row says, column by column and in every language, with what else is part of it: as it is kept in JSON."""
    # A translated field itself says what one of its languages says, whichever the reader has.
    left_out = {*without, *(get_translatable_fields_for_model(type(row)) or [])}
    names = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    state = {name: getattr(row, name) for name in names if name not in left_out}
    kept: State = json.loads(json.dumps(state | more, cls=DjangoJSONEncoder))
    return kept


def states_by_code(rows: QuerySet[Any], *, field: str = "code", without: Collection[str] = ()) -> dict[str, State]:
    return {getattr(row, field): state_of(row, without=without) for row in rows}
