"""E-mails that have not been sent, in plain words: of what kind, and why not. Their text is nobody's to read here."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from post_office.models import STATUS, Email, Log

from orgs.mail.actions import unsent
from orgs.mail.emails import KIND

KINDS: dict[str, str | Promise] = {
    "invitation": _("Invitation to an organisation"),
    "invitation_to_claim": _("Invitation to claim an organisation"),
    "join_confirm": _("Confirmation of a request to act for an organisation"),
    "join_asked": _("Request to act for an organisation"),
    "join_accepted": _("Request to act for an organisation accepted"),
    "join_refused": _("Request to act for an organisation refused"),
    "invitation_to_review": _("Invitation to review"),
    "registration_confirm": _("Confirmation of a registration"),
    "registration_received": _("Registration received"),
    "organisation_verified": _("Organisation verified"),
    "organisation_returned": _("Organisation sent back"),
    "change_accepted": _("Proposed change accepted"),
    "change_returned": _("Proposed change sent back"),
    "organisation_moved": _("An organisation has moved to a place that others review"),
    "organisation_without_leader": _("Nobody acts for an organisation any more"),
    "renewal_due": _("Reminder to renew a verification"),
    "renewal_lapsed": _("Verification lapsed"),
    "match_asked": _("Question about needs and offers"),
    "match_agreed": _("Need and offer agreed"),
    "match_declined": _("Need or offer declined"),
    "match_done": _("Need and offer done"),
    "match_proposed": _("Needs and offers that meet"),
    "match_withdrawn": _("Question about needs and offers withdrawn"),
    "vouching_asked": _("Question whether an organisation vouches for a group"),
    "vouching_given": _("An organisation vouches for a group"),
    "vouching_declined": _("An organisation does not vouch for a group"),
    "vouching_withdrawn": _("An organisation vouches for a group no longer"),
    "sponsorship_offered": _("Sponsorship offered"),
    "sponsorship_answered": _("Answer to a sponsorship"),
    "sponsorship_ended": _("Sponsorship ended"),
    "affiliation_proposed": _("Question whether an organisation belongs to another"),
    "affiliation_answered": _("Answer whether an organisation belongs to another"),
    "affiliation_ended": _("An organisation no longer belongs to another"),
    "remark_made": _("Something is wrong on a page"),
    "remark_answered": _("Answer to a remark"),
    "services_still_right": _("Question whether services are still right"),
    "measure_taken": _("Organisation suspended, or its verification withdrawn"),
    "measure_lifted": _("Measure against an organisation lifted"),
    "appeal_made": _("Appeal to a reviewer"),
    "appeal_decided": _("Appeal decided"),
    "organisation_closed": _("Organisation closed"),
    "organisation_merged": _("Two entries of an organisation merged"),
    "organisation_reopened": _("Organisation reopened"),
    "reviewer_appointed": _("Appointment as a reviewer"),
    "reviewer_digest": _("What there is to review"),
    "reviewer_ended": _("End of an appointment as a reviewer"),
    "partnership_proposed": _("Partnership proposed"),
    "partnership_answered": _("Answer to a partnership"),
    "partnership_ended": _("Partnership ended"),
    "assessment_experience_wanted": _("Question about an engagement level"),
    "assessment_confirmed": _("Engagement level confirmed"),
    "assessment_returned": _("Engagement level sent back"),
    "report_asked": _("Request for figures"),
    "report_reminder": _("Reminder of a report"),
    "report_submitted": _("Report submitted"),
    "report_returned": _("Report sent back"),
    "report_approved": _("Report approved"),
    "report_withdrawn": _("Request for figures withdrawn"),
    "figures_differ": _("Warning to administrators: figures differ"),
    "rollup_parked": _("Warning to administrators: figures were not added up"),
    "rollup_recovered": _("To administrators: figures are added up again"),
    "second_step_removed": _("Two-step login removed"),
    "password_link": _("Link to choose a password"),
    "address_changed": _("E-mail address of an account changed"),
    "account_closed": _("Account closed"),
    "account_reopened": _("Account reopened"),
    "administrator_appointed": _("Appointment as an administrator"),
    "administrator_dismissed": _("End of an appointment as an administrator"),
}
"""By the template in templates/emails."""
OF_AN_ACCOUNT = _("Account: log-in code, password or address")


def kind_of(email: Email) -> str | Promise:
    template = (email.headers or {}).get(KIND, "")
    return OF_AN_ACCOUNT if template.startswith("account/") else KINDS.get(template, _("Other"))


UNREACHABLE = _("The mail server cannot be reached.")
REASONS: dict[str, str | Promise] = {
    "SMTPRecipientsRefused": _("The mail server refuses the address: it may be wrong, or the mailbox full."),
    "SMTPSenderRefused": _("The mail server refuses the address from which the portal writes."),
    "SMTPDataError": _("The mail server refuses the e-mail, perhaps as spam or because there were too many."),
    "SMTPAuthenticationError": _("The mail server refuses the portal's user name or password."),
    "SMTPServerDisconnected": _("The mail server broke off the connection."),
    "SMTPConnectError": UNREACHABLE,
    "SMTPHeloError": UNREACHABLE,
    "ConnectionRefusedError": UNREACHABLE,
    "ConnectionResetError": UNREACHABLE,
    "TimeoutError": UNREACHABLE,
    "gaierror": UNREACHABLE,
    "OSError": UNREACHABLE,
    "SSLError": _("The secure connection to the mail server fails."),
    "SSLCertVerificationError": _("The certificate of the mail server is not valid."),
    "ValueError": _("The address cannot be written to: it contains signs that no address has."),
}
"""By the kind of error that the last attempt ended with."""


def why_not_sent(email: Any) -> str | Promise:
    if not email.last_failure:
        return _("It has not been tried yet.")
    return REASONS.get(email.last_failure, _("It failed for a reason that only the log of the worker tells."))


def unsent_emails() -> QuerySet[Email]:
    """The oldest first, with the kind of the last failure."""
    failures = Log.objects.filter(email=OuterRef("pk")).order_by("-pk")
    return unsent().annotate(last_failure=Subquery(failures.values("exception_type")[:1])).order_by("created", "pk")


STATES: dict[str, list[int]] = {"failed": [STATUS.failed], "retried": [STATUS.requeued], "queued": [STATUS.queued]}
