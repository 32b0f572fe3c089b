"""What the log says of requests."""

import logging


class RefusalInOneLine(logging.Filter):
    """What a visitor did wrong (400 to 499) is one line: the traceback of a refusal says nothing, and buries those of faults."""

    def filter(self, record: logging.LogRecord) -> bool:
        if 400 <= getattr(record, "status_code", 0) < 500:
            record.exc_info = record.exc_text = None
        return True
