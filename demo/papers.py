"""Papers for the sample partnerships: short, real PDF files."""

import textwrap
from collections.abc import Iterable

LINES_TO_A_PAGE = 48
WIDTH = 88


def pdf(title: str, paragraphs: Iterable[str]) -> bytes:
    """A PDF of plain text in Helvetica (PDF 1.4, ISO 32000). Letters outside of Western Europe become question marks."""
    lines = ["", *(line for paragraph in paragraphs for line in [*textwrap.wrap(paragraph, WIDTH), ""])]
    pages = [lines[start : start + LINES_TO_A_PAGE] for start in range(0, len(lines), LINES_TO_A_PAGE)]
    first_page = 4
    kids = " ".join(f"{first_page + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        text = [b"BT /F1 11 Tf 15 TL 60 770 Td"]
        if number == 0:
            text += [b"/F1 15 Tf (" + escaped(title) + b") Tj /F1 11 Tf T*"]
        text += [b"(" + escaped(line) + b") Tj T*" for line in page]
        drawing = b"\n".join([*text, b"ET"])
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {first_page + 2 * number + 1} 0 R >>".encode(),
            f"<< /Length {len(drawing)} >>\nstream\n".encode() + drawing + b"\nendstream",
        ]
    return assembled(objects)


def escaped(text: str) -> bytes:
    encoded = text.encode("cp1252", errors="replace")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def assembled(objects: list[bytes]) -> bytes:
    """The file around the objects, with the table that says at which byte each begins."""
    file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    starts = []
    for number, content in enumerate(objects, start=1):
        starts.append(len(file))
        file += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    size = len(objects) + 1
    return (
        file
        + (
            f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(file)}\n%%EOF\n"
        ).encode()
    )
