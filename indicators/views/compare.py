from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from indicators.dashboards.compare import MOST, compare, compare_groups, groups_of
from indicators.dashboards.indicator import territory_with_figures
from indicators.models import Indicator, Release
from orgs.models import Territory


@method_decorator(login_not_required, name="dispatch")
class CompareView(TemplateView):
    """One indicator in up to six territories, or of up to six groups of people in one.

    ?territory=scheme:code&territory=scheme:code, or ?by=groups&territory=scheme:code&group=sex=F&group=sex=M.
    """

    template_name = "indicators/compare.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        indicator: Indicator = get_object_or_404(Indicator.objects.select_related("domain"), code=self.kwargs["code"])
        release = Release.objects.current()
        by_groups = self.request.GET.get("by") == "groups"
        compared = self.get_groups(indicator, release) if by_groups else self.get_places(indicator, release)
        return super().get_context_data(indicator=indicator, by_groups=by_groups, **compared, **kwargs)

    def get_places(self, indicator: Indicator, release: Release | None) -> dict[str, Any]:
        asked = self.asked("territory")
        chosen, problem = places_asked(asked, MOST)
        return {
            "comparison": compare(indicator, chosen, release) if chosen else None,
            "problem": problem,
            "asked": [*asked[:MOST], *[""] * (MOST - len(asked))],
            "choices": choices_for(chosen),
            "territory": chosen[0] if chosen else None,
        }

    def get_groups(self, indicator: Indicator, release: Release | None) -> dict[str, Any]:
        """Of the place in the address, else of one where there are figures."""
        places, asked = self.asked("territory"), self.asked("group")
        chosen, problem = places_asked(places, 1)
        territory = chosen[0] if chosen else None if places else territory_with_figures(indicator, release)
        groups = groups_of(indicator, territory, release, asked)
        if len(asked) > MOST:
            problem = problem or _("You chose %(number)s groups. Choose at most %(most)s.") % {
                "number": len(asked),
                "most": MOST,
            }
        elif groups.unknown:
            problem = problem or _("No group is known by %(codes)s.") % {"codes": ", ".join(groups.unknown)}
        is_ready = territory is not None and groups.chosen and len(groups.chosen) <= MOST
        return {
            "comparison": compare_groups(indicator, territory, groups, release) if territory and is_ready else None,
            "problem": problem,
            "territory": territory,
            "groups": groups,
        }

    def asked(self, name: str) -> list[str]:
        """What the address says, each once."""
        given = (one.replace("\0", "").strip() for one in self.request.GET.getlist(name))
        return list(dict.fromkeys(one for one in given if one))


def places_asked(asked: list[str], most: int) -> tuple[list[Territory], str]:
    """The places that an address names, and what is wrong with it in words."""
    if len(asked) > most:
        if most == 1:
            return [], _("Groups are compared in one place. Choose one.")
        return [], _("You chose %(number)s places. Choose at most %(most)s.") % {"number": len(asked), "most": most}
    chosen = territories_named(asked)
    known = {f"{place.scheme.code}:{place.code}" for place in chosen}
    unknown = [one for one in asked if one not in known]
    return chosen, _("No place is known by %(codes)s.") % {"codes": ", ".join(unknown)} if unknown else ""


def territories_named(names: list[str]) -> list[Territory]:
    """By "scheme:code", in one query; what there is none of is left out."""
    pairs = [(scheme, code) for scheme, _colon, code in (name.partition(":") for name in names) if code]
    if not pairs:
        return []
    wanted = reduce(or_, (Q(scheme__code=scheme, code=code) for scheme, code in pairs))
    return list(Territory.objects.filter(wanted).select_related("scheme"))


def choices_for(chosen: list[Territory]) -> list[Territory]:
    """Places to suggest: those beside and below the chosen ones."""
    if not chosen:
        return []
    pks = [place.pk for place in chosen]
    parents = [place.parent_id for place in chosen if place.parent_id]
    around = Q(pk__in=[*pks, *parents]) | Q(parent__in=[*pks, *parents])
    return list(Territory.objects.places().filter(around).select_related("scheme").order_by("name_folded", "pk")[:300])
