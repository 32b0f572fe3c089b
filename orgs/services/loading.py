"""The list of types of service that comes with the software."""

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from orgs.models import Domain, ServiceType, ServiceTypeWord
from orgs.services.finding import words_of
from orgs.shipped import State, state_of

FILE = Path(settings.BASE_DIR) / "orgs" / "data" / "service_types.json"


def entries() -> dict[str, dict[str, Any]]:
    return {entry["code"]: entry for entry in json.loads(FILE.read_text(encoding="utf-8"))}


@transaction.atomic
def load_service_types(rows: Iterable[Mapping[str, Any]]) -> None:
    """Entries as in orgs/data/service_types.json: code, domain, order, and name and synonyms by language.

    Languages that the portal does not speak (Catalan) have words to be found by, and no name of their own.
    """
    domains = {domain.code: domain for domain in Domain.objects.all()}
    spoken = {language for language, _name in settings.LANGUAGES}
    for entry in rows:
        if entry["domain"] not in domains:
            raise ValidationError(
                _("There is no domain %(code)s. Load the domains first."), params={"code": entry["domain"]}
            )
        names = {f"name_{language}": name for language, name in entry["name"].items() if language in spoken}
        one, _created = ServiceType.objects.update_or_create(
            code=entry["code"],
            defaults={
                "domain": domains[entry["domain"]],
                "order": entry["order"],
                "open_eligibility": entry["open_eligibility"],
                "is_sheltering": entry.get("is_sheltering", False),
                **names,
            },
        )
        one.words.all().delete()
        ServiceTypeWord.objects.bulk_create(
            word
            for language, name in entry["name"].items()
            for word in words_of(one.pk, language, [name, *entry["synonyms"][language]])
        )


def service_type_states(codes: Collection[str]) -> dict[str, State]:
    rows = ServiceType.objects.filter(code__in=codes).prefetch_related("words")
    return {
        row.code: state_of(row, words=sorted(f"{word.language} {word.text}" for word in row.words.all()))
        for row in rows
    }
