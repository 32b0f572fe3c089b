"""The colours of the maps: five classes that stand out from what lies under them, and from each other."""

import re
from itertools import pairwise

import pytest
from django.conf import settings

CSS = settings.BASE_DIR / "static" / "css"
BOTH = re.compile(r"--([a-z0-9-]+): var\(--light, (#[0-9a-f]{6})\) var\(--dark, (#[0-9a-f]{6})\);")
SCHEMES = ("light", "dark")


def colours_of(scheme: str) -> dict[str, str]:
    return {found[0]: found[1 + SCHEMES.index(scheme)] for found in BOTH.findall((CSS / "portal.css").read_text())}


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


def test_each_palette_is_written_once() -> None:
    """The dark one serves both the reader's choice and the system's; paper takes the light one for what it does not say itself."""
    css = (CSS / "portal.css").read_text()
    names = [found[0] for found in BOTH.findall(css)]
    assert len(names) == len(set(names)) > 30
    for rule in re.findall(r"[^{}]*dark[^{}]*\{([^{}]*)\}", css):
        assert not re.search(r"--(?!light|dark|bs-)[a-z0-9-]+:", rule)
    assert "--light: initial; --dark: ;" in (CSS / "print.css").read_text()
    assert not re.search(r"--(?:class|series)-", (CSS / "print.css").read_text())
