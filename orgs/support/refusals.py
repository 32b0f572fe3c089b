"""What the database refuses of vouching and sponsorship, in words. The rules are triggers (`orgs/models/support.py`)."""

from django.utils.translation import gettext_lazy as _

REFUSALS = {
    "vouching_for_informal_group": _("Others vouch for informal groups alone, and for none that is closed."),
    "vouching_by_verified": _("Only a verified organisation vouches for a group."),
    "vouching_by_others": _("You belong to the group, or belonged to it: somebody else has to vouch for it."),
    "vouching_by_leaders": _("Only those who lead an organisation vouch for a group in its name."),
    "vouching_without_partnership": _(
        "Your authority has a partnership with this group: somebody else has to vouch for it."
    ),
    "sponsorship_by_verified": _("Only a verified organisation offers to sponsor another one."),
    "sponsorship_of_open": _("It is closed, or an authority: nobody sponsors it."),
}
