from indicators.actions.catalogue import load_catalogue, load_dimensions
from indicators.actions.imports import (
    approve_import,
    bring_in_file,
    check_import,
    message_text,
    store_import,
    undo_import,
)
from indicators.actions.imports import approve_import, check_import, message_text, store_import, undo_import
from indicators.actions.quality import accept_findings
from indicators.actions.releases import publish_release
from indicators.actions.rollups import audit_figures, retry_slice

__all__ = [
    "accept_findings",
    "approve_import",
    "audit_figures",
    "bring_in_file",
    "check_import",
    "load_catalogue",
    "load_dimensions",
    "message_text",
    "publish_release",
    "retry_slice",
    "store_import",
    "undo_import",
]
