import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from orgs.models import Domain
from orgs.shipped import State, state_of
from partnerships.engagement.levels import Rule
from partnerships.models import Assessment, Criterion, Level, Practice, Scale

DATA = Path(__file__).resolve().parent.parent / "data"
SCALE_FILE = DATA / "scale_gfmd_2017.json"
PRACTICES_FILE = DATA / "practices.json"


def in_languages(field: str, words: dict[str, str]) -> dict[str, str]:
    """The columns that modeltranslation keeps: `name` in English and Spanish → name_en, name_es."""
    return {f"{field}_{language}": text for language, text in words.items()}


def load_scale(*, path: Path = SCALE_FILE) -> Scale:
    """Loads a version of the engagement scale from a file, or mends the words of one that is there. It is then used for new assessments."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    with transaction.atomic():
        scale = _write_scale(data)
        if data["is_current"]:
            use_scale(scale=scale)
    scale.refresh_from_db()
    return scale


@transaction.atomic
def write_scales(entries: list[dict[str, Any]]) -> None:
    """As they come with the software. One is used at once only where no other is: which to use is for an administrator to say."""
    for data in entries:
        scale = _write_scale(data)
        if data["is_current"] and not Scale.objects.filter(is_current=True).exists():
            use_scale(scale=scale)


def _write_scale(data: dict[str, Any]) -> Scale:
    """What decides a level (the order of levels, the kinds and rules of criteria) is not changed once an assessment uses the scale: that
    would be another version.
    """
    scale, _created = Scale.objects.update_or_create(code=data["code"], defaults=in_languages("name", data["name"]))
    is_used = Assessment.objects.filter(scale=scale).exists()
    levels = {}
    for row in data["levels"]:
        words = {name: row[name] for name in ("name", "authority_does", "promise")}
        texts = {key: text for name, value in words.items() for key, text in in_languages(name, value).items()}
        level, _created = Level.objects.update_or_create(
            scale=scale, code=row["code"], defaults=texts, create_defaults={**texts, "order": row["order"]}
        )
        refuse_change(is_used, scale, level.order, row["order"])
        Level.objects.filter(pk=level.pk).update(order=row["order"])
        levels[row["code"]] = level
    for row in data["criteria"]:
        Rule.from_json(row.get("rule", {}))
        texts = {**in_languages("name", row["name"]), **in_languages("explanation", row["explanation"])}
        deciding = {"evidence_kinds": row["evidence_kinds"], "rule": row.get("rule", {})}
        criterion, created = Criterion.objects.update_or_create(
            level=levels[row["level"]], code=row["code"], defaults=texts, create_defaults={**texts, **deciding}
        )
        refuse_change(is_used, scale, {"evidence_kinds": criterion.evidence_kinds, "rule": criterion.rule}, deciding)
        refuse_change(is_used, scale, created, False)
        Criterion.objects.filter(pk=criterion.pk).update(**deciding)
    return scale


def scale_states(codes: Collection[str]) -> dict[str, State]:
    """A scale is one whole with its levels and criteria: who has changed a part of it keeps it. Which one is used is no part of it."""
    found = {}
    for scale in Scale.objects.filter(code__in=codes).prefetch_related("levels__criteria"):
        levels = {
            level.code: state_of(level, criteria={one.code: state_of(one) for one in level.criteria.all()})
            for level in scale.levels.all()
        }
        found[scale.code] = state_of(scale, without=["is_current"], levels=levels)
    return found


@transaction.atomic
def use_scale(*, scale: Scale) -> None:
    """New assessments are made under it; those that were begun keep theirs."""
    Scale.objects.exclude(pk=scale.pk).filter(is_current=True).update(is_current=False)
    Scale.objects.filter(pk=scale.pk).update(is_current=True)


def refuse_change(is_used: bool, scale: Scale, stored: object, wanted: object) -> None:
    if is_used and stored != wanted:
        raise ValidationError(
            _("Assessments were made under the scale %(scale)s. A change of its levels or criteria is a new version."),
            params={"scale": scale.code},
        )


def load_practices(*, path: Path = PRACTICES_FILE) -> int:
    """Loads the library of good practices, or mends those that are there; the number of practices in the file."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    write_practices(rows)
    return len(rows)


@transaction.atomic
def write_practices(rows: list[dict[str, Any]]) -> None:
    domains = {domain.code: domain for domain in Domain.objects.all()}
    levels = {level.code: level for level in Level.objects.filter(scale__is_current=True)}
    for row in rows:
        unknown = [code for code in row["domains"] if code not in domains]
        if unknown:
            raise ValidationError(
                _("There is no domain %(code)s. Load the domains first."), params={"code": unknown[0]}
            )
        plain = {name: row[name] for name in ("name", "place", "countries", "actors", "theme")}
        practice, _created = Practice.objects.update_or_create(
            slug=row["slug"],
            defaults={**plain, "level": levels.get(row["level"]), **in_languages("summary", row["what_it_does"])},
        )
        practice.domains.set([domains[code] for code in row["domains"]])


def practice_states(slugs: Collection[str]) -> dict[str, State]:
    rows = Practice.objects.filter(slug__in=slugs).prefetch_related("domains")
    return {row.slug: state_of(row, domains=sorted(one.pk for one in row.domains.all())) for row in rows}
