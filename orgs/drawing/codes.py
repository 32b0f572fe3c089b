"""QR codes, drawn into the page: for a telephone that looks at the screen of a desk, or at a paper on a wall."""

from itertools import groupby

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

LONGEST = 400
"""Signs of a text: the code of a longer one is too fine to be read from paper."""
QUIET = 4
"""Light squares around it, as the standard wants."""
MASK = 3
"""One of eight patterns that keep the code from being too even. Any can be read; to look for the best takes ten times as long."""


def qr_code(text: str) -> SafeString:
    """Dark on light in every scheme of colours. Nothing where the text is too long."""
    if len(text) > LONGEST:
        return SafeString("")
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET, mask_pattern=MASK)
    code.add_data(text)
    squares = code.get_matrix()
    return format_html(
        '<svg class="qr-code" viewBox="0 0 {0} {0}" role="img" aria-label="{1}" shape-rendering="crispEdges" focusable="false">'
        '<rect width="{0}" height="{0}" fill="#fff"/><path d="{2}" fill="#000"/></svg>',
        len(squares),
        _("QR code of the address"),
        "".join(runs(number, row) for number, row in enumerate(squares)),
    )


def runs(number: int, row: list[bool]) -> str:
    """Of the dark squares in a row, each stretch as a rectangle."""
    drawn, at = "", 0
    for is_dark, squares in groupby(row):
        length = len(list(squares))
        drawn += f"M{at} {number}h{length}v1h-{length}z" if is_dark else ""
        at += length
    return drawn
