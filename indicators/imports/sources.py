"""The source that a mapping names."""

from django.core.exceptions import ValidationError

from indicators.imports.definition import read_mapping
from indicators.imports.mapping import ImportMapping
from indicators.models import ImportBatch, Source
from indicators.sources.actions import is_held, source_called


def known_source(read: ImportMapping) -> Source | None:
    """The source that the mapping names, where the portal has it: a check writes none."""
    source = Source.objects.filter(name=read.source["name"]).first()
    return source if source is not None and is_held(source) else None


def source_of(read: ImportMapping) -> Source:
    """The source that the mapping names, made where it is new. What is known of one stays: others' figures stand beside it."""
    facts = {name: read.source[name] for name in ("publisher", "licence", "url")}
    return source_called(read.source["name"], **facts)


def source_in_file(batch: ImportBatch) -> dict[str, str]:
    """What the mapping of a file says of its source, where that differs from what the portal keeps; {} otherwise."""
    try:
        read = read_mapping(batch.mapping)
    except ValidationError:
        return {}
    if batch.source is None or batch.source.name != read.source["name"]:
        return {}
    given = {name: read.source[name] for name in ("publisher", "licence", "url")}
    return {name: text for name, text in given.items() if text and text != getattr(batch.source, name)}
