from indicators.actions.catalogue import load_catalogue, load_dimensions
from indicators.actions.describing import (
    check_waiting_files,
    contents_of,
    describe_import,
    progress_of_check,
    read_file_again,
    receive_file,
    save_mapping,
    take_in_file,
)
from indicators.actions.editing import (
    add_indicator,
    check_definition,
    edit_indicator,
    restore_indicator,
    retire_indicator,
)
from indicators.actions.entry import draft_of, save_entry, signature
from indicators.actions.imports import (
    approve_import,
    bring_in_file,
    check_import,
    message_text,
    same_file,
    store_import,
    undo_import,
)
from indicators.actions.quality import accept_findings
from indicators.actions.releases import (
    approve_release,
    discard_release,
    make_releases,
    publish_release,
    start_release,
)
from indicators.actions.reports import (
    answers_of,
    approve_report,
    ask_for_reports,
    cells_of_request,
    return_report,
    save_report,
    send_reminders,
    submit_report,
    withdraw_request,
)
from indicators.actions.rollups import audit_figures, retry_slice
from indicators.actions.targets import remove_target, set_target
from indicators.actions.true_figures import open_true_figures, use_true_access

__all__ = [
    "accept_findings",
    "add_indicator",
    "answers_of",
    "approve_import",
    "approve_release",
    "approve_report",
    "ask_for_reports",
    "audit_figures",
    "bring_in_file",
    "cells_of_request",
    "check_definition",
    "check_import",
    "check_waiting_files",
    "contents_of",
    "describe_import",
    "discard_release",
    "draft_of",
    "edit_indicator",
    "load_catalogue",
    "load_dimensions",
    "make_releases",
    "message_text",
    "open_true_figures",
    "publish_release",
    "read_file_again",
    "receive_file",
    "remove_target",
    "restore_indicator",
    "retire_indicator",
    "retry_slice",
    "return_report",
    "same_file",
    "save_entry",
    "save_mapping",
    "save_report",
    "send_reminders",
    "set_target",
    "signature",
    "start_release",
    "store_import",
    "submit_report",
    "take_in_file",
    "undo_import",
    "use_true_access",
    "withdraw_request",
]
