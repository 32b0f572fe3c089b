from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from indicators.dashboards.compare import MOST, compare
from indicators.models import Indicator, Release
from orgs.models import Territory


@method_decorator(login_not_required, name="dispatch")
class CompareView(TemplateView):
    """One indicator in up to six territories: ?territory=scheme:code&territory=scheme:code."""

    template_name = "indicators/compare.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        indicator: Indicator = get_object_or_404(Indicator.objects.select_related("domain"), code=self.kwargs["code"])
        asked = list(dict.fromkeys(one.strip() for one in self.request.GET.getlist("territory") if one.strip()))
        problem = ""
        chosen: list[Territory] = []
        if len(asked) > MOST:
            problem = _("You chose %(number)s places. Choose at most %(most)s.") % {"number": len(asked), "most": MOST}
        else:
            chosen = territories_named(asked)
            known = {f"{place.scheme.code}:{place.code}" for place in chosen}
            unknown = [one for one in asked if one not in known]
            if unknown:
                problem = _("No place is known by %(codes)s.") % {"codes": ", ".join(unknown)}
        return super().get_context_data(
            indicator=indicator,
            comparison=compare(indicator, chosen, Release.objects.current()) if chosen else None,
            problem=problem,
            asked=[*asked[:MOST], *[""] * (MOST - len(asked))],
            choices=choices_for(chosen),
            **kwargs,
        )


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
