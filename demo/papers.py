"""Papers for the sample partnerships: short, real PDF files."""

from collections.abc import Iterable

from fpdf import FPDF


def pdf(title: str, paragraphs: Iterable[str]) -> bytes:
    """A PDF of plain text in Helvetica, which every reader has, and so with the letters of Western Europe alone."""
    paper = FPDF(format="A4")
    paper.set_margin(21)
    paper.set_title(title)
    paper.add_page()
    for text, size in [(title, 15), *((paragraph, 11) for paragraph in paragraphs)]:
        paper.set_font("Helvetica", size=size)
        paper.multi_cell(0, text=text, h=5.3, align="L", new_x="LMARGIN", new_y="NEXT")
        paper.ln(5.3)
    return bytes(paper.output())
