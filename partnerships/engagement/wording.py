"""What a criterion asks for, in words: of which kinds its evidence is, and what else must be true of it."""

from collections.abc import Collection
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partnerships.engagement.levels import Rule
from partnerships.engagement.soundness import ANY, FAMILIES
from partnerships.models import Criterion
from partnerships.vocabulary import Stage

FAMILY_WORDS: dict[str, str | Promise] = {
    "activity": gettext_lazy("Activities"),
    "contribution": gettext_lazy("Contributions"),
    "document": gettext_lazy("Documents"),
}
ANY_WORDS: dict[str, str | Promise] = {
    "activity": gettext_lazy("any activity"),
    "contribution": gettext_lazy("any contribution"),
    "document": gettext_lazy("any document"),
}


class Asked(NamedTuple):
    """A part of a rule that is either asked or not."""

    label: str | Promise
    help_text: str | Promise
    sentence: str | Promise


RULE_WORDS: dict[str, Asked] = {
    "language_stated": Asked(
        gettext_lazy("Its language is stated"),
        gettext_lazy("For activities and documents: the record says in which language it was."),
        gettext_lazy("The record says in which language it was."),
    ),
    "before_decision": Asked(
        gettext_lazy("It came before the decision"),
        gettext_lazy(
            "For activities and documents: the record states the date of the decision it was about, and is older."
        ),
        gettext_lazy("The record states the date of the decision it was about, and came earlier."),
    ),
    "signed_by_all": Asked(
        gettext_lazy("All parties have signed it"),
        gettext_lazy("For documents: the document is marked as signed by all parties."),
        gettext_lazy("The document is signed by all parties."),
    ),
    "from_authority": Asked(
        gettext_lazy("The authority gave it"),
        gettext_lazy("For contributions: the leading authority gave it to a partner."),
        gettext_lazy("The leading authority gave it to a partner."),
    ),
}
"""By the field of `Rule`; its number of stages has words of its own."""


def kind_words(kind: str) -> str:
    """A kind that the portal does not know stands for itself."""
    family, _colon, name = kind.partition(":")
    if family not in FAMILIES:
        return kind
    return str(ANY_WORDS[family]) if name == ANY else str(dict(FAMILIES[family].choices).get(name, kind))


def evidence_words(kinds: Collection[str]) -> list[tuple[str | Promise, str]]:
    """Of each family that can show it: what that is called, and which of it."""
    of_family = {family: [kind for kind in kinds if kind.partition(":")[0] == family] for family in FAMILIES}
    known = [
        (FAMILY_WORDS[family], ", ".join(kind_words(kind) for kind in found))
        for family, found in of_family.items()
        if found
    ]
    unknown = [kind for kind in kinds if kind.partition(":")[0] not in FAMILIES]
    return [*known, (_("Unknown"), ", ".join(unknown))] if unknown else known


def rule_words(rule: dict[str, Any]) -> list[str]:
    """A sentence for each thing that is asked beyond the kind and a date in the assessed period."""
    try:
        stated = Rule.from_json(rule)
    except ValueError:
        return [_("It asks for something that the portal does not know.")]
    found = [str(asked.sentence) for name, asked in RULE_WORDS.items() if getattr(stated, name)]
    return [stages_words(stated.stages), *found] if stated.stages > 1 else found


def stages_words(number: int) -> str:
    if number == 1:
        return _("One record is enough, in whatever stage.")
    if number == len(Stage):
        return _("There is such a record in each of the four stages.")
    said = ngettext(
        "There is such a record in at least %(count)d of the four stages.",
        "There are such records in at least %(count)d of the four stages.",
        number,
    )
    return said % {"count": number}


def describe(criterion: Criterion) -> dict[str, Any]:
    return {
        "criterion": criterion,
        "evidence": evidence_words(criterion.evidence_kinds),
        "asked": rule_words(criterion.rule),
    }
