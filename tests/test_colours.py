"""The colours of the maps: five classes that stand out from what lies under them, and from each other."""

import re
from itertools import pairwise

import pytest
from django.conf import settings

CSS = settings.BASE_DIR / "static" / "css"
SCHEMES = {"light": r":root \{", "dark": r'\[data-bs-theme="dark"\] \{', "dark by the system": r":root:not\(\S+\) \{"}


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6})", css))


def colours_of(scheme: str) -> dict[str, str]:
    parts = re.split(SCHEMES[scheme], (CSS / "portal.css").read_text(), maxsplit=1)
    return colours(parts[1].split("}")[0])


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_classes_of_maps_stand_out_and_apart(scheme: str) -> None:
    known = colours_of(scheme)
    classes = [known[f"class-{number}"] for number in range(1, 6)]
    for ground in ("surface", "sunken", "page"):
        assert min(contrast(one, known[ground]) for one in classes) >= 3
    assert min(contrast(one, other) for one, other in pairwise(classes)) >= 1.4
    assert [luminance(one) for one in classes] == sorted(map(luminance, classes), reverse=scheme == "light")


def test_paper_has_the_light_classes() -> None:
    printed = colours((CSS / "print.css").read_text())
    light = colours_of("light")
    assert {name: printed[name] for name in printed if name.startswith("class-")} == {
        name: light[name] for name in light if name.startswith("class-")
    }
