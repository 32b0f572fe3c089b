import re

import django_filters
import pytest
from django import forms
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from orgs.drawing import browsers, chips, figures, icons, lists
from orgs.forms import PortalForm
from orgs.forms.numbers import NumberField
from orgs.models import Organisation

ICON_TAG = re.compile(r"""\{% icon ['"]([a-z0-9-]+)['"]""")


class AnswerForm(PortalForm):
    name = forms.CharField(help_text="As people know it.")
    founded_on = forms.DateField(required=False)
    roles = forms.MultipleChoiceField(
        choices=[("serve", "Serves"), ("monitor", "Monitors")], widget=forms.CheckboxSelectMultiple
    )


class NameFilter(django_filters.FilterSet):
    kind = django_filters.MultipleChoiceFilter(choices=[("union", "Trade union"), ("media", "Media")])
    q = django_filters.CharFilter(label="Words")

    class Meta:
        model = Organisation
        fields: list[str] = []


def draw(source: str, **context: object) -> str:
    return Template("{% load portal %}" + source).render(Context(context))


def test_icon_is_hidden_unless_it_has_a_label():
    assert 'aria-hidden="true"' in draw("{% icon 'people' %}")
    assert 'role="img" aria-label="People &amp; groups"' in draw(
        "{% icon 'people' label=label %}", label="People & groups"
    )
    assert "<path" in draw("{% icon 'people' %}")


def test_every_icon_named_in_a_template_exists(settings):
    used = {
        name
        for folder in settings.TEMPLATES[0]["DIRS"]
        for file in folder.rglob("*.html")
        for name in ICON_TAG.findall(file.read_text(encoding="utf-8"))
    }
    assert "search" in used
    assert used <= set(icons.icon_shapes())


def test_field_with_error_describes_its_control():
    page = draw("{% for field in form %}{{ field.as_field_group }}{% endfor %}", form=AnswerForm({"name": ""}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_error"' in page
    assert 'class="form-control is-invalid"' in page


def test_group_of_choices_is_one_fieldset_with_its_error():
    page = draw("{{ form.roles.as_field_group }}", form=AnswerForm({"name": "A"}))
    assert page.count("<fieldset") == 1
    assert page.count("aria-describedby") == 1
    assert page.count("form-check-input") == 2


def test_only_the_optional_field_is_marked():
    page = draw("{{ form.name.as_field_group }}|{{ form.founded_on.as_field_group }}", form=AnswerForm())
    required, optional = page.split("|")
    assert "(optional)" not in required
    assert "(optional)" in optional


def test_date_is_written_for_the_browser_in_every_language():
    with translation.override("es"):
        page = draw("{{ form.founded_on.as_field_group }}", form=AnswerForm(initial={"founded_on": "2026-11-20"}))
    assert 'type="date"' in page
    assert 'value="2026-11-20"' in page


def test_what_people_write_runs_in_the_direction_of_its_words():
    """English in an Arabic page ends with its full stop on the right."""

    class WritingForm(PortalForm):
        text = forms.CharField(widget=forms.Textarea)
        line = forms.CharField()
        number = NumberField()
        day = forms.DateField()
        email = forms.EmailField()
        arabic = forms.CharField(widget=forms.TextInput(attrs={"dir": "rtl"}))

    form = WritingForm()
    found = {name: re.findall(r' dir="(\w+)"', str(form[name].as_field_group())) for name in form.fields}
    assert found == {"text": ["auto"], "line": ["auto"], "number": [], "day": [], "email": [], "arabic": ["rtl"]}


def test_error_summary_leads_to_the_first_choice_of_a_group():
    page = draw("{% include 'components/error_summary.html' %}", form=AnswerForm({"name": ""}))
    assert 'href="#id_name"' in page
    assert 'href="#id_roles_0"' in page


@pytest.mark.django_db
def test_chip_removes_one_value_and_keeps_the_rest():
    query = QueryDict("kind=union&kind=media&q=caf%C3%A9&page=4&sort=name")
    found = chips.active_filters(NameFilter(query, queryset=Organisation.objects.all()))
    assert [(chip.value, chip.remove_url) for chip in found] == [
        ("Trade union", "?q=caf%C3%A9&sort=name&kind=media"),
        ("Media", "?q=caf%C3%A9&sort=name&kind=union"),
        ("café", "?kind=union&kind=media&sort=name"),
    ]


def test_heading_sorts_upwards_and_then_downwards():
    def heading(address: str) -> str:
        request = RequestFactory().get(address)
        return Template("{% load portal %}{% sort_header 'Name' 'name' %}").render(Context({"request": request}))

    assert "?sort=name" in heading("/?page=3")
    assert "page=3" not in heading("/?page=3")
    assert 'aria-sort="ascending"' in heading("/?sort=name")
    assert "?sort=-name" in heading("/?sort=name")


def test_pager_shows_a_gap_between_far_pages():
    assert lists.page_numbers(Paginator(range(200), 10).page(10)) == [1, None, 9, 10, 11, None, 20]


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({"value": 0}, "0"),
        ({"value": None}, "no data"),
        ({"value": None, "state": "suppressed"}, "protected"),
        ({"value": None, "state": "not_applicable"}, "not applicable"),
    ],
)
def test_zero_missing_suppressed_and_not_applicable_look_different(context, words):
    page = draw("{% include 'components/figure_value.html' %}", **context)
    assert words in page
    assert sum(word in page for word in ("no data", "protected", "not applicable")) == (words != "0")


def test_no_blank_is_underlined_between_a_state_and_its_flag():
    page = draw("{% include 'components/figure_value.html' %}", state="suppressed", flag="provisional")
    assert page.strip().startswith('<span class="figure-flagged">')
    assert page.count("<span") == page.count("</span>")
    assert "figure-flagged" not in draw("{% include 'components/figure_value.html' %}", value=5, flag="provisional")


def test_number_is_written_in_the_language_of_the_reader():
    with translation.override("en"):
        assert figures.figure(1234.5) == "1,234.5"
        assert figures.figure(1234.0) == "1,234"
        assert figures.figure(4.6, 1, sign=True) == "+4.6"
        assert figures.figure(-4.6, 1) == "−4.6"
    with translation.override("es"):
        assert figures.figure(12.25, 1) == "12,3"


def test_sparkline_leaves_a_gap_where_figures_are_missing():
    drawn = figures.sparkline([1, 2, None, 3, 5])
    assert drawn.count("<polyline") == 2
    assert figures.sparkline([None, None]) == ""
    assert "NaN" not in figures.sparkline([4, 4, 4])


def test_bar_stays_within_its_cell():
    assert 'width="100.0"' in figures.cell_bar(120, 100)
    assert figures.cell_bar(None, 100) == ""


def test_browser_is_named_in_words():
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
    assert browsers.browser_name(agent) == "Chrome, Linux"
    assert browsers.browser_name("curl/8.5") == "curl"
