"""Every write of the registry that touches two models, sends something or must be logged."""

from orgs.actions.account import open_account, remove_second_step
from orgs.actions.mail import remove_old_mail, retry_mail, send_waiting_mail
from orgs.actions.membership import (
    accept_invitation,
    add_member,
    appoint_reviewer,
    change_role,
    end_appointment,
    end_membership,
    invite_member,
    withdraw_invitation,
)
from orgs.actions.organisation import (
    add_capacity,
    admit_organisation,
    remove_capacity,
    remove_service,
    save_service,
    set_contact,
    update_organisation,
)
from orgs.actions.passing import forget_forms
from orgs.actions.public_pages import remove_public_pages
from orgs.actions.registration import (
    begin_registration,
    confirm_registration,
    discard_registration,
    remove_stale_drafts,
    save_registration_page,
    send_confirmation_again,
    send_registration,
)
from orgs.actions.verification import decide_verification, submit_for_verification
from orgs.actions.vocabulary import load_domains, load_territories

__all__ = [
    "accept_invitation",
    "add_capacity",
    "add_member",
    "admit_organisation",
    "appoint_reviewer",
    "begin_registration",
    "change_role",
    "confirm_registration",
    "decide_verification",
    "discard_registration",
    "end_appointment",
    "end_membership",
    "forget_forms",
    "invite_member",
    "load_domains",
    "load_territories",
    "open_account",
    "remove_capacity",
    "remove_old_mail",
    "remove_public_pages",
    "remove_second_step",
    "remove_service",
    "remove_stale_drafts",
    "retry_mail",
    "save_registration_page",
    "save_service",
    "send_confirmation_again",
    "send_registration",
    "send_waiting_mail",
    "set_contact",
    "submit_for_verification",
    "update_organisation",
    "withdraw_invitation",
]
