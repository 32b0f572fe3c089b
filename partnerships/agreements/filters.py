import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.folding import holding_words, in_every_language
from orgs.lookups.filters import DomainFilter, TerritoryFilter
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Organisation, Territory
from orgs.models.reach import ids_tied_within
from partnerships.models import Assessment, Level, Partnership, PartnershipParty, Practice
from partnerships.vocabulary import PartnershipKind, PartnershipState, PartyRole


def levels(request: HttpRequest | None) -> QuerySet[Level]:
    return Level.objects.filter(scale__is_current=True).order_by("order")


def leading_authorities(request: HttpRequest | None) -> QuerySet[Organisation]:
    """Those that lead something which the reader may see."""
    leading = PartnershipParty.objects.filter(role=PartyRole.AUTHORITY)
    if request is not None:
        leading = leading.filter(partnership__in=Partnership.objects.visible_to(request.user).values("pk"))
    return Organisation.objects.filter(pk__in=leading.values("organisation"))


class PartnershipFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Words"))
    territory = TerritoryFilter(
        method="in_territory", label=_("Territory, with all below it"), lookup=TerritoryLookup()
    )
    domain = DomainFilter()
    level = django_filters.ModelChoiceFilter(
        method="confirmed_at", queryset=levels, label=_("Confirmed level"), to_field_name="code", empty_label=_("Any")
    )
    state = django_filters.ChoiceFilter(choices=PartnershipState, label=_("State"), empty_label=_("Any"))
    kind = django_filters.ChoiceFilter(choices=PartnershipKind, label=_("Kind"), empty_label=_("Any"))
    authority = django_filters.ModelChoiceFilter(
        method="led_by", queryset=leading_authorities, label=_("Authority"), to_field_name="slug", empty_label=_("Any")
    )

    class Meta:
        model = Partnership
        fields = ("q", "territory", "domain", "level", "state", "kind", "authority")

    def search(self, found: QuerySet[Partnership], name: str, words: str) -> QuerySet[Partnership]:
        """In title, reference and purpose, or in the name of a party that the reader may see in it."""
        named = PartnershipParty.objects.agreed().filter(
            organisation__in=Organisation.objects.matching(words).values("pk")
        )
        in_text = holding_words(Partnership.objects.all(), words, "title", "purpose", "reference")
        return found.filter(Q(pk__in=in_text.values("pk")) | Q(pk__in=named.values("partnership")))

    def in_territory(self, found: QuerySet[Partnership], name: str, territory: Territory) -> QuerySet[Partnership]:
        return found.filter(territory__in=ids_tied_within(territory))

    def confirmed_at(self, found: QuerySet[Partnership], name: str, level: Level) -> QuerySet[Partnership]:
        """Whose confirmed level today is this; the same level of an older scale counts too."""
        today = timezone.localdate()
        holding = Assessment.objects.confirmed_on(today).filter(partnership=OuterRef("pk"), confirmed__code=level.code)
        return found.filter(Exists(holding))

    def led_by(self, found: QuerySet[Partnership], name: str, authority: Organisation) -> QuerySet[Partnership]:
        leading = PartnershipParty.objects.filter(role=PartyRole.AUTHORITY, organisation=authority)
        return found.filter(pk__in=leading.values("partnership"))


class PracticeFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Words"))
    domain = DomainFilter()
    level = django_filters.ModelChoiceFilter(
        method="at_level", queryset=levels, label=_("Engagement level"), to_field_name="code", empty_label=_("Any")
    )

    class Meta:
        model = Practice
        fields = ("q", "domain", "level")

    def search(self, found: QuerySet[Practice], name: str, words: str) -> QuerySet[Practice]:
        return holding_words(found, words, "name", "place", "theme", "actors", *in_every_language("summary"))

    def at_level(self, found: QuerySet[Practice], name: str, level: Level) -> QuerySet[Practice]:
        return found.filter(level__code=level.code)
