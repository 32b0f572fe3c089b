"""Real organisations of the city, from an open list: unclaimed, as any list brings them in (demo/data/SOURCES.md)."""

import gzip

from django.core.files.base import ContentFile

from demo.accounts import People
from demo.vocabulary import DEMO, read
from orgs.exchange.imports import actions as imports
from orgs.models import OrganisationImport

LISTS = ["guia_entitats_dones_barcelona_2019"]


def load(people: People) -> None:
    """Nobody is written to: the lists have no addresses."""
    for name in LISTS:
        file = f"{name}.csv"
        if OrganisationImport.objects.filter(file_name=file).exists():
            continue
        content = gzip.decompress((DEMO / f"{file}.gz").read_bytes())
        batch = imports.receive_file(
            file=ContentFile(content, file), mapping=read(DEMO / f"{name}.mapping.json"), by=people.administrator
        )
        batch = imports.check_import(batch=batch, by=people.administrator)
        imports.store_import(batch=batch, by=people.administrator)
