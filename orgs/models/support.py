"""How organisations stand by each other (need S24): they vouch for informal groups, and larger ones sponsor small ones."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Greatest, Least
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orgs.models.conditions import holding_on, public
from orgs.models.membership import Membership
from orgs.models.organisation import Organisation
from orgs.vocabulary import Kind, Sector, Tier

VOUCHING_ROLES = ("owner", "manager", "officer")
"""Of an organisation its owners; of an authority also whoever works with organisations."""
# Who is verified can lapse, be suspended or closed at any later time; what was given then stays, and counts no more (`counting`).
IS_VERIFIED = """EXISTS (SELECT FROM orgs_organisation WHERE id = {id} AND tier <> '' AND closed_on IS NULL AND suspended_on IS NULL
        AND (holds_until IS NULL OR holds_until >= current_date))"""
VOUCH_BY_RULES = f"""
    IF NEW.state <> 'given' OR (TG_OP = 'UPDATE' AND OLD.state = 'given') THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM orgs_organisation WHERE id = NEW.group_id AND kind = 'informal_group' AND closed_on IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'vouching_for_informal_group', MESSAGE = 'not an informal group';
    END IF;
    IF NOT {IS_VERIFIED.format(id="NEW.voucher_id")} THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'vouching_by_verified', MESSAGE = 'not verified';
    END IF;
    IF EXISTS (SELECT FROM orgs_membership WHERE user_id = NEW.given_by_id AND organisation_id = NEW.group_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'vouching_by_others', MESSAGE = 'vouches for oneself';
    END IF;
    IF NOT EXISTS (SELECT FROM orgs_membership WHERE user_id = NEW.given_by_id AND organisation_id = NEW.voucher_id
                   AND ended_at IS NULL AND role IN ({", ".join(f"'{role}'" for role in VOUCHING_ROLES)})) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'vouching_by_leaders', MESSAGE = 'does not speak for it';
    END IF;
    RETURN NEW;
"""  # noqa: S608 - of constants alone
SPONSOR_BY_RULES = f"""
    IF TG_OP = 'UPDATE' AND (NEW.state <> 'accepted' OR OLD.state = 'accepted') THEN
        RETURN NEW;
    END IF;
    IF NOT {IS_VERIFIED.format(id="NEW.sponsor_id")} THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'sponsorship_by_verified', MESSAGE = 'not verified';
    END IF;
    IF NOT EXISTS (SELECT FROM orgs_organisation WHERE id = NEW.sponsored_id AND sector <> 'authority' AND closed_on IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'sponsorship_of_open', MESSAGE = 'closed, or an authority';
    END IF;
    RETURN NEW;
"""


PAPERS_SEEN = [Tier.DOCUMENTED, Tier.ESTABLISHED]


def has_papers(of: str = "") -> Q:
    """Whose word can stand in for papers: its own were seen, or it is an authority; and it is no informal group itself, so that no circle of
    groups can vouch one another up. `of` is the way to the organisation."""
    seen = Q(**{f"{of}tier__in": PAPERS_SEEN}) | Q(**{f"{of}sector": Sector.AUTHORITY})
    return seen & ~Q(**{f"{of}kind": Kind.INFORMAL_GROUP})


def could_vouch_for(group: Organisation) -> "models.QuerySet[Organisation]":
    """Those whose vouching would count today (`VouchingQuerySet.counting`); whether an authority is a partner is known once it gives it."""
    leaders = Membership.objects.filter(organisation=OuterRef("pk"), ended_at=None, role__in=VOUCHING_ROLES)
    insiders = belonged_to(group).values("user")
    verified = Organisation.objects.verified().filter(has_papers()).exclude(pk=group.pk)
    return verified.exclude(Exists(leaders.filter(user__in=insiders)))


def belonged_to(group: OuterRef | Organisation) -> "models.QuerySet[Membership]":
    """Of whoever belongs to it or ever did, or to an entry that was merged into it."""
    merged = Q(organisation__merges_away__kept=group, organisation__merges_away__undone_at=None)
    return Membership.objects.filter(Q(organisation=group) | merged)


class VouchingQuerySet(models.QuerySet["Vouching"]):
    def standing(self) -> "VouchingQuerySet":
        """Given, and not withdrawn."""
        return self.filter(state=Vouching.State.GIVEN)

    def counting(self) -> "VouchingQuerySet":
        """What stands in for papers today: of a verified organisation that has papers itself (`has_papers`); given for an informal group to
        which nobody who gave it or who leads the voucher ever belonged; and of an authority only where the two have no partnership.
        """
        insiders = belonged_to(OuterRef(OuterRef("group"))).values("user")
        leaders = Membership.objects.filter(organisation=OuterRef("voucher"), ended_at=None, role__in=VOUCHING_ROLES)
        giver = belonged_to(OuterRef("group")).filter(user=OuterRef("given_by"))
        outside = self.exclude(Exists(leaders.filter(user__in=insiders))).exclude(Exists(giver))
        return outside.standing().filter(
            public("voucher__"),
            holding_on(timezone.localdate(), "voucher__"),
            has_papers("voucher__"),
            group__kind=Kind.INFORMAL_GROUP,
            group__closed_on=None,
            among_partners=False,
        )


class Vouching(models.Model):
    """That an organisation knows an informal group, and says so with its name: asked for or offered, given, and perhaps withdrawn.

    Two organisations are enough, or one authority that has no partnership with the group: that the tables of partnerships hold
    (`partnerships/migrations/0003_no_vouching_among_partners.py`), also for a partnership that begins later.
    """

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("vouching", "no answer yet")
        GIVEN = "given", pgettext_lazy("vouching", "given")
        DECLINED = "declined", pgettext_lazy("vouching", "declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("vouching", "withdrawn")

    group = models.ForeignKey(Organisation, models.CASCADE, related_name="vouchings")
    voucher = models.ForeignKey(Organisation, models.CASCADE, related_name="vouchings_given")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.ASKED)
    words = models.CharField(_("how you know it"), max_length=300, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    given_at = models.DateTimeField(_("given at"), null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    ended_at = models.DateTimeField(_("declined or withdrawn at"), null=True, blank=True)
    among_partners = models.BooleanField(_("of an authority that is its partner"), default=False)
    """Kept by the tables of partnerships."""

    objects = VouchingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("vouching")
        verbose_name_plural = _("vouchings")
        constraints = [
            models.CheckConstraint(
                condition=~Q(group=F("voucher")),
                name="vouching_not_for_itself",
                violation_error_message=_("No organisation vouches for itself."),
            ),
            models.UniqueConstraint(
                "group",
                "voucher",
                name="vouching_once",
                condition=Q(state__in=["asked", "given"]),
                violation_error_message=_("It has been asked already, or vouches for the group already."),
            ),
            models.UniqueConstraint(
                "group",
                "given_by",
                name="vouching_person_once",
                condition=Q(state="given"),
                violation_error_message=_("You have vouched for this group already, for another organisation."),
            ),
            models.CheckConstraint(
                condition=Q(asked_at=None, asked_by=None) & ~Q(state="asked")
                | Q(asked_at__isnull=False, asked_by__isnull=False),
                name="vouching_request_is_signed",
            ),
            models.CheckConstraint(
                condition=(Q(given_at__isnull=False, given_by__isnull=False) & ~Q(words=""))
                | Q(given_at=None, given_by=None, state__in=["asked", "declined"]),
                name="vouching_is_signed",
                violation_error_message=_("Say in a sentence how you know the group."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None, state__in=["asked", "given"])
                | Q(ended_at__isnull=False, ended_by__isnull=False, state__in=["declined", "withdrawn"]),
                name="vouching_end_is_signed",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="vouch_by_rules",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=VOUCH_BY_RULES,
            )
        ]

    def __str__(self) -> str:
        return f"{self.voucher} → {self.group}"

    def get_absolute_url(self) -> str:
        return reverse("orgs:vouching_answer", args=[self.voucher.slug, self.pk])


def are_enough(vouchings: "list[Vouching]") -> bool:
    """Of those that count, with their vouchers: two organisations, or one authority."""
    return len(vouchings) > 1 or any(vouching.voucher.is_authority for vouching in vouchings)


class SponsorshipQuerySet(models.QuerySet["Sponsorship"]):
    def alive(self) -> "SponsorshipQuerySet":
        return self.filter(state__in=[Sponsorship.State.OFFERED, Sponsorship.State.ACCEPTED])

    def public(self) -> "SponsorshipQuerySet":
        """Both agreed, it is not over, and the directory shows both."""
        shown, today = Organisation.objects.published().values("pk"), timezone.localdate()
        running = Q(to_day=None) | Q(to_day__gte=today)
        return self.filter(
            running, state=Sponsorship.State.ACCEPTED, from_day__lte=today, sponsor__in=shown, sponsored__in=shown
        )


class Sponsorship(models.Model):
    """That a larger organisation helps a small one grow, with what, and for how long: offered by the one, accepted by the other, ended by either."""

    class State(models.TextChoices):
        OFFERED = "offered", pgettext_lazy("sponsorship", "offered")
        ACCEPTED = "accepted", pgettext_lazy("sponsorship", "accepted")
        DECLINED = "declined", pgettext_lazy("sponsorship", "declined")
        ENDED = "ended", pgettext_lazy("sponsorship", "ended")

    sponsor = models.ForeignKey(Organisation, models.CASCADE, related_name="sponsorships_given")
    sponsored = models.ForeignKey(Organisation, models.CASCADE, related_name="sponsorships")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OFFERED)
    gives = models.CharField(_("what it gives"), max_length=200)
    from_day = models.DateField(_("from"))
    to_day = models.DateField(_("to"), null=True, blank=True)
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(_("offered at"), default=timezone.now)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = SponsorshipQuerySet.as_manager()

    class Meta:
        ordering = ["-offered_at", "-pk"]
        verbose_name = _("sponsorship")
        verbose_name_plural = _("sponsorships")
        constraints = [
            models.CheckConstraint(
                condition=~Q(sponsor=F("sponsored")),
                name="sponsorship_not_of_itself",
                violation_error_message=_("No organisation sponsors itself."),
            ),
            models.UniqueConstraint(
                Least("sponsor", "sponsored"),
                Greatest("sponsor", "sponsored"),
                name="sponsorship_once",
                condition=Q(state__in=["offered", "accepted"]),
                violation_error_message=_("There is a sponsorship between these two already."),
            ),
            models.CheckConstraint(
                condition=Q(to_day=None) | Q(from_day__lte=F("to_day")),
                name="sponsorship_days_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
            models.CheckConstraint(
                condition=~Q(gives=""),
                name="sponsorship_gives_something",
                violation_error_message=_("Say what it gives."),
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, state__in=["offered", "ended"])
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(state="offered")),
                name="sponsorship_answer_is_signed",
                violation_error_message=_("An answer has a date, and somebody who gave it."),
            ),
            models.CheckConstraint(
                condition=(Q(ended_at=None, ended_by=None) & ~Q(state="ended"))
                | Q(ended_at__isnull=False, ended_by__isnull=False, state="ended"),
                name="sponsorship_end_is_signed",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="sponsor_by_rules",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=SPONSOR_BY_RULES,
            )
        ]

    def __str__(self) -> str:
        return f"{self.sponsor} → {self.sponsored}"

    def get_absolute_url(self) -> str:
        return reverse("orgs:sponsorship_answer", args=[self.sponsored.slug, self.pk])
