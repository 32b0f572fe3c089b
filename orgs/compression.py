"""Whether an answer may go out packed."""

from django.http import HttpRequest


def accepts_gzip(request: HttpRequest) -> bool:
    """By Accept-Encoding: gzip, or anything, is named, and not with a weight of 0."""
    for offer in request.META.get("HTTP_ACCEPT_ENCODING", "").lower().split(","):
        coding, _semicolon, quality = offer.partition(";")
        if coding.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
