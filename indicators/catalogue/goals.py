"""The goals that indicators are tied to (need S3), by their short names: the Sustainable Development Goals of the United Nations and
the objectives of the Global Compact for Safe, Orderly and Regular Migration.
"""

from django.utils.translation import gettext_lazy as _

SDG_GOALS = {
    1: _("No poverty"),
    2: _("Zero hunger"),
    3: _("Good health and well-being"),
    4: _("Quality education"),
    5: _("Gender equality"),
    6: _("Clean water and sanitation"),
    7: _("Affordable and clean energy"),
    8: _("Decent work and economic growth"),
    9: _("Industry, innovation and infrastructure"),
    10: _("Reduced inequalities"),
    11: _("Sustainable cities and communities"),
    12: _("Responsible consumption and production"),
    13: _("Climate action"),
    14: _("Life below water"),
    15: _("Life on land"),
    16: _("Peace, justice and strong institutions"),
    17: _("Partnerships for the goals"),
}

GCM_OBJECTIVES = {
    1: _("Accurate data for policy"),
    2: _("Fewer reasons that force people to leave"),
    3: _("Timely information at every stage"),
    4: _("Proof of legal identity and papers"),
    5: _("Regular pathways"),
    6: _("Fair recruitment and decent work"),
    7: _("Less vulnerability"),
    8: _("Saving lives"),
    9: _("Against smuggling"),
    10: _("Against trafficking in persons"),
    11: _("Borders managed safely and together"),
    12: _("Certain and predictable procedures"),
    13: _("Detention only as a last resort"),
    14: _("Consular protection"),
    15: _("Access to basic services"),
    16: _("Inclusion and social cohesion"),
    17: _("Against discrimination"),
    18: _("Skills and recognition of qualifications"),
    19: _("Migrants and diasporas contribute to development"),
    20: _("Cheaper and safer remittances"),
    21: _("Safe return and reintegration"),
    22: _("Portable social security"),
    23: _("International cooperation"),
}
