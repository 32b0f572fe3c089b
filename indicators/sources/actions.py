"""The sources of figures: those that imports name, and how administrators keep them. Figures that are released keep the words of before."""

from itertools import count

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg2.errorcodes import LOCK_NOT_AVAILABLE

from indicators.models import Observation, ReleasedFigure, Source
from orgs.domains.actions import refuse_others
from orgs.models import Organisation, User

HELD = "SELECT id FROM indicators_source WHERE id = %s FOR KEY SHARE"
BEING_DELETED = "SELECT id FROM indicators_source WHERE id = %s FOR UPDATE SKIP LOCKED"
NAMED_ANEW = """
    UPDATE {table} SET {column} = jsonb_set({column}, '{{source,name}}', to_jsonb(%(new)s::text))
    WHERE {column} #>> '{{source,name}}' = %(old)s
"""
NAMED = "SELECT id FROM {table} WHERE {column} #>> '{{source,name}}' = %(old)s FOR UPDATE NOWAIT"
ITSELF = "SELECT id FROM indicators_source WHERE id = %s FOR UPDATE NOWAIT"
NAMING = (("indicators_savedmapping", "definition"), ("indicators_importbatch", "mapping"))


def source_called(name: str, **facts: str) -> Source:
    """The source of that name, made with these facts where it is new; what is known of one stays. Within a transaction: nobody deletes it
    before figures of it are there."""
    while True:
        source, created = Source.objects.get_or_create(name=name, defaults=facts)
        if created or is_held(source):
            return source


def source_of_typed(authority: Organisation) -> Source:
    """What an authority types itself. Within a transaction, as `source_called`."""
    return _source_of("typed_by", authority, authority.name)


def source_of_reports(authority: Organisation) -> Source:
    """What organisations report to an authority. Within a transaction, as `source_called`."""
    return _source_of("reported_to", authority, _("Reports to %(authority)s") % {"authority": authority})


def _source_of(tie: str, authority: Organisation, name: str) -> Source:
    """The one that is tied to the authority, whatever either is called by now. Where there is none, that of its name is from then on, unless
    that is tied to another authority of the same name."""
    for number in count(1):
        source = Source.objects.filter(**{tie: authority}).first()
        if source is None:
            free = name[:200] if number == 1 else f"{name[:180]} ({number})"
            source = source_called(free, publisher=authority.name[:200])
            untied = Source.objects.filter(pk=source.pk, typed_by=None, reported_to=None)
            if not untied.update(**{tie: authority}):
                continue  # Perhaps it was tied to this authority at the same moment.
            source.refresh_from_db()
        if is_held(source):
            return source
    raise AssertionError  # It counts for ever.


def is_held(source: Source) -> bool:
    """Whether it is still there; nobody deletes it before the end of the transaction."""
    return _is_there(HELD, source)


@transaction.atomic
def save_source(*, source: Source, by: User) -> Source:
    """Adds or changes one. Mappings and imports that name it follow its new name, so that the next file is of this source too."""
    refuse_others(by)
    before = Source.objects.select_for_update(no_key=True).filter(pk=source.pk).first()
    if source.pk and before is None:
        raise ValidationError(_("Somebody has deleted this source."))
    if before is not None and before.is_sample and not source.is_sample and is_used(source):
        raise ValidationError(
            {"is_sample": _("Its figures are made up, and they are in use: they stay marked as samples.")}
        )
    is_renamed = before is not None and before.name != source.name
    if before is not None and is_renamed:
        _claim_names(before)
    source.full_clean()
    source.save()
    if before is not None and is_renamed:
        with connection.cursor() as cursor:
            for table, column in NAMING:
                names = {"old": before.name, "new": source.name}
                cursor.execute(NAMED_ANEW.format(table=table, column=column), names)
    return source


def _claim_names(source: Source) -> None:
    """All that names it, and itself; at once or not at all: who stores a file holds the import first and asks for the source in the end."""
    try:
        with connection.cursor() as cursor:
            for table, column in NAMING:
                cursor.execute(NAMED.format(table=table, column=column), {"old": source.name})
            cursor.execute(ITSELF, [source.pk])
    except OperationalError as refused:
        if getattr(refused.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
            raise
        raise ValidationError(
            _("Somebody is using this source at the moment. Try again in a few minutes.")
        ) from refused


def is_used(source: Source) -> bool:
    """By an import, or by a figure: those of an import are looked for only where there is none, since it means reading all."""
    kinds = (
        source.imports,
        Observation.objects.filter(source=source),
        ReleasedFigure.objects.filter(source=source),
    )
    return any(rows.exists() for rows in kinds)


@transaction.atomic
def delete_source(*, source: Source, by: User) -> None:
    """Only as long as no figure and no import refers to it."""
    refuse_others(by)
    if not _is_there(BEING_DELETED, source):
        if not Source.objects.filter(pk=source.pk).exists():
            return  # Somebody else has deleted it.
        raise ValidationError(_("Somebody is using this source at the moment. Try again in a few minutes."))
    if is_used(source):
        raise ValidationError(_("It is still used, so it cannot be deleted."))
    source.delete()


def _is_there(query: str, source: Source) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, [source.pk])
        return cursor.fetchone() is not None
