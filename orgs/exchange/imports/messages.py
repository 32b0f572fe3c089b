"""What can be wrong with a file of organisations, in plain words. A problem is stored by its code and told in the reader's language."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.models import OrganisationImport
from orgs.readers.problems import TEXTS as READING
from orgs.readers.problems import Problem

TEXTS: dict[str, str | Promise] = {
    **READING,
    "bad_encoding": _("The text is not written as %(value)s. Save the file as UTF-8 and try again."),
    "bad_heading": _("A heading holds something that is no text. Save the file as UTF-8 and try again."),
    "markup": _("This is XML or a web page, not a table. Save the table as CSV and try again."),
    "merged_header": _(
        "The cells %(value)s are merged, so that it is not clear which column the heading names. Give every column a heading of its own."
    ),
    "other_format": _("This is not a file of the format “%(value)s”, as the mapping says."),
    "no_part": _("The package has no file “%(value)s”."),
    "no_contents": _("This is no list of organisations of HSDS 3.0: it has no “contents”."),
    "broken_object": _("The file cannot be read from organisation %(line)s on: %(value)s."),
    "not_object": _("This is not an organisation."),
    "no_column": _("The file has no column “%(value)s”, which the mapping names."),
    "no_text": _("The cell holds something that is no text."),
    "no_name": _("The name is missing."),
    "too_long": _("“%(value)s” is too long."),
    "no_kind": _("The kind of organisation is missing."),
    "unknown_kind": _("The mapping does not say which kind of organisation “%(value)s” is."),
    "authority": _("An authority is not brought in from a list: administrators enter it."),
    "unknown_word": _("The portal does not know “%(value)s”. Say in the mapping what it means, or correct the file."),
    "bad_website": _("“%(value)s” is no web address."),
    "bad_email": _("“%(value)s” is no e-mail address."),
    "bad_year": _("“%(value)s” is no year of foundation."),
    "no_place": _("The place is missing."),
    "unknown_place": _("No place, or more than one, is called “%(value)s”."),
    "no_identifier": _("The number is missing by which the organisation would be known again."),
    "bad_identifier": _("“%(value)s” is no number of a register."),
    "twice": _("Line %(value)s is about the same organisation."),
    "several": _("Its numbers are those of several organisations here: %(value)s."),
    "claimed": _("“%(value)s” has people of its own here: they keep what it says of itself."),
    "opted_out": _("“%(value)s” has asked not to be listed here."),
    "closed": _("“%(value)s” is closed here."),
    "work_failed": _("The file could not be worked on, several times. Try again, or tell whoever runs the portal."),
    "not_allowed": _("Whoever asked for it is no administrator any more."),
    "not_checked": _("The file could not be checked: the portal no longer has it. Send it again."),
    "not_stored": _(
        "The organisations could not be stored: the file has gone, or somebody stored one of them at the same moment. Check it again."
    ),
    "not_undone": _("The import could not be undone. Try again."),
    "perhaps_same": _("This is perhaps the same as %(value)s."),
}


def problem_text(problem: Problem) -> str:
    """The sentence for a problem, without its place."""
    return str(TEXTS[problem.code]) % {"value": problem.value, "column": problem.column, "line": problem.line}


def problems_of(batch: OrganisationImport, most: int | None = None) -> list[tuple[Problem, str]]:
    found = [Problem(code, line, column, value) for code, line, column, value in batch.problems[:most]]
    return [(problem, problem_text(problem)) for problem in found]


def all_texts(problems: Iterable[Problem]) -> list[str]:
    return [problem_text(problem) for problem in problems]
