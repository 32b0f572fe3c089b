"""Whether a mapping fits a file and the portal."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from orgs.exchange.imports.mapping import Mapping, of_own_file, of_own_standard_file, read_mapping
from orgs.exchange.imports.reading import RowReader
from orgs.models import Domain, Territory
from orgs.readers.problems import FileRefused, Problem


def own_mapping(contents: dict[str, Any], file_format: str) -> dict[str, Any] | None:
    """None where no portal of this kind wrote it."""
    if file_format == "hsds-3.0":
        named = [dict(zip(contents["header"], row, strict=False)).get("reference") for row in contents["rows"]]
        return of_own_standard_file() if any(named) else None
    own = of_own_file()
    is_own = file_format in ("csv", "xlsx") and set(read_mapping(own).headings.values()) <= set(contents["header"])
    return own if is_own else None


def readable(given: Any, contents: dict[str, Any], file_format: str) -> Mapping:
    """The mapping as it is read, where it fits the file and the portal."""
    read = read_mapping(given)
    if read.format != file_format:
        raise FileRefused(Problem("other_format", value=read.format))
    refuse_unknown(read)
    RowReader(read, contents["header"], ())
    return read


def refuse_unknown(mapping: Mapping) -> None:
    """What the mapping names for all rows must be there."""
    if mapping.domain and not Domain.objects.filter(code=mapping.domain).exists():
        raise ValidationError({"mapping": _("The portal has no domain “%(code)s”.") % {"code": mapping.domain}})
    always = mapping.columns["territory"].always
    scheme, _colon, code = always.partition(":")
    if always and not Territory.objects.filter(scheme__code=scheme, code=code).exists():
        raise ValidationError({"mapping": _("The portal has no place “%(code)s”.") % {"code": always}})
