from django.urls import path

from devtools import styleguide

urlpatterns = [
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("styleguide/outlines.json", styleguide.styleguide_outlines, name="styleguide_outlines"),
]
