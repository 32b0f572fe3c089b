"""Template tags behind the components in templates/components/.

They only draw and format: what a page says is decided by its view. How is in orgs/drawing/.
"""

from django import template

from orgs import installation
from orgs.drawing import browsers, chips, fields, figures, icons, lists
from orgs.naming import of_the_web
from orgs.numbers import readers_signs

register = template.Library()

register.simple_tag(icons.icon)
register.simple_tag(installation.title, name="portal_name")

register.simple_tag(fields.widget)
register.simple_tag(fields.choices)
register.filter("is_choice_group", fields.is_choice_group)
register.filter("is_single_checkbox", fields.is_single_checkbox)
register.filter("is_file", fields.is_file)
register.filter("is_marked_optional", fields.is_marked_optional)
register.filter("first_control_id", fields.first_control_id)

register.filter("browser_name", browsers.browser_name)
register.filter("web_address", of_the_web)

register.simple_tag(chips.active_filters)
register.simple_tag(lists.page_numbers)
register.inclusion_tag("components/sort_header.html", takes_context=True)(lists.sort_header)

register.filter("figure", figures.figure)
register.simple_tag(figures.figure)
register.simple_tag(figures.sparkline)
register.simple_tag(figures.cell_bar)
register.simple_tag(readers_signs, name="number_signs")
