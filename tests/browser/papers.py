"""The words of a PDF as Chromium writes it: text by glyphs of fonts that come with it, each with a table of what they stand for."""

import re
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
FONTS = re.compile(rb"/(F\d+) (\d+) 0 R")
SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)> ?Tj|\[((?:<[0-9A-Fa-f]+>|[-\d.\s])+)\] ?TJ|(Td|Tm|ET)\b")
RANGE = re.compile(rb"<(\w{4})> ?<(\w{4})> ?<(\w+)>")
ONE = re.compile(rb"<(\w{4})> ?<(\w+)>")


def words_of(paper: bytes) -> str:
    """All that is written, in the order in which it is drawn."""
    objects = {int(number): content for number, content in OBJECT.findall(paper)}
    streams = {number: _unpacked(content) for number, content in objects.items() if b"stream" in content}
    letters = {}
    for name, number in {pair for content in objects.values() for pair in FONTS.findall(content)}:
        table = re.search(rb"/ToUnicode (\d+) 0 R", objects.get(int(number), b""))
        if table:
            letters[name] = _letters(streams[int(table[1])])
    return "\n".join(_text(stream, letters) for stream in streams.values() if b"BT" in stream and b"Tf" in stream)


def pages_of(paper: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", paper))


def _unpacked(content: bytes) -> bytes:
    found = STREAM.search(content)
    assert found
    try:
        return zlib.decompress(found[1])
    except zlib.error:
        return b""


def _letters(table: bytes) -> dict[bytes, str]:
    found = {}
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, letter in RANGE.findall(block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[b"%04X" % (int(first, 16) + step)] = chr(int(letter, 16) + step)
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for glyph, letter in ONE.findall(block):
            found[glyph.upper()] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    return found


def _text(stream: bytes, letters: dict[bytes, dict[bytes, str]]) -> str:
    font, words = b"", []
    for name, alone, several, moved in SHOWN.findall(stream):
        if name:
            font = name
        elif moved:
            words.append(" " if moved == b"ET" else "")
        for glyphs in [alone] if alone else re.findall(rb"<(\w+)>", several):
            codes = [glyphs[place : place + 4].upper() for place in range(0, len(glyphs), 4)]
            words.append("".join(letters.get(font, {}).get(code, "") for code in codes))
    return "".join(words)
