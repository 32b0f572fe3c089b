"""Each component with sample data on one page: for those who build pages, and for the tests that look at them."""

import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from orgs.drawing.sharing import Share
from orgs.forms import PortalForm

NAMES = [
    "Ciutat Vella",
    "Eixample",
    "Sants-Montjuïc",
    "Les Corts",
    "Sarrià-Sant Gervasi",
    "Gràcia",
    "Horta-Guinardó",
    "Nou Barris",
    "Sant Andreu",
]
SHARES = [48.2, 24.1, 22.9, 15.0, 14.7, 18.3, None, 23.4, 16.1]


class SampleForm(PortalForm):
    name = forms.CharField(
        label="Name of the organisation", help_text="As people know it. An informal group is welcome."
    )
    kind = forms.ChoiceField(
        label="Kind", choices=[("", "Choose one"), ("migrants", "Migrant association"), ("union", "Trade union")]
    )
    founded_on = forms.DateField(label="Founded on", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    about = forms.CharField(label="What do you do?", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    roles = forms.MultipleChoiceField(
        label="Roles",
        help_text="Choose all that apply.",
        choices=[("serve", "Gives services"), ("advocate", "Speaks for people"), ("monitor", "Watches and reports")],
        widget=forms.CheckboxSelectMultiple,
    )
    leadership = forms.ChoiceField(
        label="Led by migrants?", choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect
    )
    paper = forms.FileField(label="Statutes", required=False, help_text="PDF, at most 15 MB.")
    declaration = forms.BooleanField(label="What I have written is true", help_text="You can correct it at any time.")


def is_allowed(request: HttpRequest) -> bool:
    return settings.DEMO or (request.user.is_authenticated and request.user.is_staff)


@login_not_required
def styleguide(request: HttpRequest) -> HttpResponse:
    if not is_allowed(request):
        raise PermissionDenied
    return render(request, "styleguide.html", samples())


@login_not_required
def styleguide_outlines(request: HttpRequest) -> JsonResponse:
    """Nine squares for the sample map."""
    if not is_allowed(request):
        raise PermissionDenied
    corners = [(2.10 + 0.03 * (place % 3), 41.36 + 0.022 * (place // 3)) for place in range(9)]
    features = [
        {
            "type": "Feature",
            "properties": {"code": str(place + 1)},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[x, y], [x + 0.03, y], [x + 0.03, y + 0.022], [x, y + 0.022], [x, y]]],
            },
        }
        for place, (x, y) in enumerate(corners)
    ]
    return JsonResponse({"type": "FeatureCollection", "features": features})


def samples() -> dict[str, Any]:
    sent = SampleForm({"name": "", "kind": "union", "founded_on": "yesterday"}, prefix="sent")
    today = datetime.date(2026, 11, 20)
    return {
        "blank_form": SampleForm(prefix="blank"),
        "sent_form": sent,
        "page_obj": Paginator(range(230), 10).page(6),
        "crumbs": [("Territories", "#"), ("Barcelona", "#"), ("Nou Barris", None)],
        "chips": [
            {"label": "Domain", "value": "Language", "remove_url": "#"},
            {"label": "Led by migrants", "value": "", "remove_url": "#"},
        ],
        "facts": [
            ("Kind", "Migrant association"),
            ("Territory", "Nou Barris, Barcelona"),
            ("Founded", "2009"),
            ("Languages", "Español, العربية, اردو"),
        ],
        "tasks": [
            {"label": "Who you are", "url": "#", "status": "done"},
            {"label": "Where and what", "url": "#", "status": "incomplete", "hint": "Two answers are missing."},
            {"label": "Contact and declaration", "url": "#", "status": "not_started"},
            {"label": "Check your answers", "url": "#", "status": "blocked"},
        ],
        "steps": [
            {"label": "Who you are", "url": "#", "status": "done"},
            {"label": "Where and what", "url": "#", "status": "current"},
            {"label": "Contact", "status": "not_started"},
            {"label": "Check", "status": "not_started"},
        ],
        "signposts": [
            {
                "title": "See my city",
                "url": "#",
                "icon": "geo-alt",
                "text": "How integration is going, area by area, and who works on it.",
            },
            {
                "title": "Find a service",
                "url": "#",
                "icon": "compass",
                "text": "Advice, classes and help, in your language.",
            },
            {
                "title": "Register your organisation",
                "url": "#",
                "icon": "person-plus",
                "text": "Three short pages. Informal groups are welcome.",
            },
        ],
        "inbox": [
            {
                "title": "Confirm the partnership “Language cafés”",
                "url": "#",
                "icon": "link-45deg",
                "text": "Logged by the city council.",
                "meta": "3 days ago",
                "status": "Waiting for you",
                "status_tone": "waiting",
            },
            {
                "title": "Report returned: Mentoring at work",
                "url": "#",
                "icon": "arrow-return-left",
                "meta": "yesterday",
                "status": "Returned",
                "status_tone": "warning",
            },
        ],
        "levels": [
            {"code": code, "name": code.capitalize(), "order": order}
            for order, code in enumerate(["inform", "consult", "involve", "collaborate", "empower"], 1)
        ],
        "voices": [
            {"code": "promised", "label": "Promised", "order": 4},
            {"code": "claimed", "label": "Claimed", "order": 4, "note": "by the authority"},
            {"code": "experienced", "label": "Experienced", "order": 2, "note": "by the organisation"},
            {"code": "confirmed", "label": "Confirmed", "order": 3, "note": "until 20 November 2028"},
        ],
        "criteria": [
            {
                "code": "V1",
                "name": "Direct work over time",
                "level": "Involve",
                "is_met": True,
                "evidence": [
                    {
                        "label": "Minutes of the planning session",
                        "url": "#",
                        "date": today,
                        "status": "Accepted",
                        "status_tone": "success",
                    }
                ],
            },
            {
                "code": "V2",
                "name": "Concerns recorded and weighed",
                "level": "Involve",
                "is_met": None,
                "evidence": [{"label": "Options paper", "url": "#", "date": today}],
            },
            {"code": "L1", "name": "Formal partnership", "level": "Collaborate", "is_met": False, "evidence": []},
        ],
        "entries": [
            {
                "at": today,
                "title": "Level confirmed: Involve",
                "who": "Sample reviewer",
                "text": "Formal partnership is missing for Collaborate.",
                "icon": "patch-check",
                "tone": "success",
            },
            {
                "at": today,
                "title": "Returned with reasons",
                "who": "Sample reviewer",
                "icon": "arrow-return-left",
                "tone": "warning",
            },
            {"at": today, "title": "Claim submitted", "who": "Sample officer", "icon": "send", "tone": "info"},
        ],
        "line_points": [13.1, 13.9, 13.4, None, 12.2, 11.8, 11.1],
        "line_chart": {
            "id": "sample-line",
            "title": "Unemployment by origin, Barcelona",
            "finding": "The gap fell from 7.1 to 4.6 percentage points in six years; nothing was reported for 2021.",
            "kind": "line",
            "unit": "%",
            "decimals": 1,
            "columns": ["Migrants", "Host population"],
            "rows": [
                {
                    "label": str(2018 + place),
                    "cells": [
                        {"value": a, "state": "" if a else "missing"},
                        {"value": b, "state": "" if b else "missing"},
                    ],
                }
                for place, (a, b) in enumerate(
                    [(18.2, 11.1), (17.4, 10.6), (19.9, 12.8), (None, None), (15.0, 9.7), (13.9, 9.1), (13.1, 8.5)]
                )
            ],
            "source": "Sample data",
            "computed_at": today,
        },
        "many_lines": {
            "id": "sample-many",
            "title": "Unemployment by group",
            "kind": "line",
            "unit": "%",
            "decimals": 1,
            "height": "small",
            "columns": ["All residents", "From a third country", "From elsewhere in the Union", "Host population"],
            "rows": [
                {"label": str(2022 + year), "cells": [{"value": 10 + 3 * group + year} for group in range(4)]}
                for year in range(4)
            ],
            "targets": [{"label": "Target for 2027", "value": 9}],
            "source": "Sample data",
        },
        "bar_chart": {
            "id": "sample-row",
            "title": "Share of residents born abroad, by district",
            "finding": "Ciutat Vella has the highest share, 48.2%; one district is protected.",
            "kind": "row",
            "unit": "%",
            "decimals": 1,
            "label_heading": "District",
            "columns": ["Born abroad"],
            "rows": [
                {"label": name, "cells": [{"value": share, "state": "" if share else "suppressed"}]}
                for name, share in zip(NAMES, SHARES, strict=True)
            ],
            "source": "Sample data",
        },
        "map": {
            "id": "sample-map",
            "title": "Residents born abroad",
            "finding": "Highest in the centre, lowest in the upper city.",
            "geojson_url": reverse("styleguide_outlines"),
            "unit": "%",
            "decimals": 1,
            "places": [
                {
                    "code": str(place + 1),
                    "name": name,
                    "url": "#sample-map",
                    "value": share,
                    "state": "" if share else "suppressed",
                }
                for place, (name, share) in enumerate(zip(NAMES, SHARES, strict=True))
            ],
            "source": "Sample outlines",
        },
        "table_rows": [
            {"name": name, "kind": "District", "share": share, "people": 1000 * (place + 7) + 37 * place}
            for place, (name, share) in enumerate(zip(NAMES, SHARES, strict=True))
        ],
        "share": Share("Services (Place: Gràcia)", "/services/?territory=Gr%C3%A0cia"),
        "today": today,
        "notices": [
            ("info", "For your information."),
            ("success", "Saved 14:03."),
            ("warning", "The agreement expires in 20 days."),
            ("error", "The file was refused."),
        ],
        "tones": ["neutral", "info", "waiting", "success", "warning", "danger"],
        "next_steps": [
            "A reviewer reads it within ten working days.",
            "You get an e-mail when it is decided.",
            "Until then you can still change it.",
        ],
    }
