"""The source that a mapping names."""

from django.core.exceptions import ValidationError

from indicators.imports.definition import read_mapping
from indicators.imports.mapping import ImportMapping
from indicators.models import ImportBatch, Source


def known_source(read: ImportMapping) -> Source | None:
    """The source that the mapping names, where the portal has it: a check writes none."""
    return Source.objects.filter(name=read.source["name"]).first()


def source_of(read: ImportMapping) -> Source:
    """The source that the mapping names, made where it is new. What is known of one stays: others' figures stand beside it."""
    defaults = {name: read.source[name] for name in ("publisher", "licence", "url")}
    return Source.objects.get_or_create(name=read.source["name"], defaults=defaults)[0]


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
