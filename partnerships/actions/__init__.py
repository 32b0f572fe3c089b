from partnerships.actions.assessment import (
    begin_assessment,
    discard_assessment,
    put_forward_evidence,
    submit_assessment,
    withdraw_evidence,
)
from partnerships.actions.experience import give_experience
from partnerships.actions.partnership import (
    answer_partnership,
    delete_draft,
    end_partnership,
    log_partnership,
    propose_partnership,
    revise_partnership,
)
from partnerships.actions.practice import add_practice, link_practice
from partnerships.actions.records import add_document, log_activity, log_contribution, remove_record, revise_record
from partnerships.actions.reference_data import load_practices, load_scale, use_scale
from partnerships.actions.review import Verdict, decide_assessment
from partnerships.actions.table import found_table, give_seat, hold_meeting, revise_meeting

__all__ = [
    "Verdict",
    "add_document",
    "add_practice",
    "answer_partnership",
    "begin_assessment",
    "decide_assessment",
    "delete_draft",
    "discard_assessment",
    "end_partnership",
    "found_table",
    "give_experience",
    "give_seat",
    "hold_meeting",
    "link_practice",
    "load_practices",
    "load_scale",
    "log_activity",
    "log_contribution",
    "log_partnership",
    "propose_partnership",
    "put_forward_evidence",
    "remove_record",
    "revise_meeting",
    "revise_partnership",
    "revise_record",
    "submit_assessment",
    "use_scale",
    "withdraw_evidence",
]
