from celery import shared_task
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone

from orgs import public_pages
from orgs.exchange.imports import actions as organisation_imports
from orgs.exchange.imports import working
from orgs.forms import passing
from orgs.listing import actions as listing
from orgs.mail import actions as mail
from orgs.matching import actions as matching
from orgs.needs import actions as needs
from orgs.registration import actions as registration
from orgs.remarks import actions as remarks
from orgs.reviewers import digest
from orgs.services import actions as services
from orgs.standing import renewals
from orgs.storage import remove_orphans
from orgs.territories.imports import actions as territory_imports


@shared_task
def send_queued_mail() -> int:
    return mail.send_queued_mail()


@shared_task
def remove_stale_drafts() -> int:
    """The number of registrations and requests to join that nobody has confirmed in time and that were removed."""
    now = timezone.now()
    return registration.remove_stale_drafts(now=now) + listing.remove_unconfirmed_requests(now=now)


@shared_task
def forget_what_nobody_read() -> int:
    """The number of voiced needs and remarks of which words or an address went, since nobody read or answered them in time."""
    now = timezone.now()
    return needs.forget_unread_words(now=now) + remarks.forget_addresses(now=now)


@shared_task
def send_renewal_reminders() -> int:
    return renewals.send_reminders()


@shared_task
def ask_whether_services_are_still_right() -> int:
    return services.ask_whether_still_right()


@shared_task
def tell_of_matching_needs_and_offers() -> int:
    """The number of organisations that were told of new needs and offers that meet theirs: each once a week at most."""
    return matching.tell_of_meetings()


@shared_task
def send_reviewer_digests() -> int:
    return digest.send_digests()


@shared_task
def remove_orphaned_files() -> int:
    """The number of files of which no row knows that were removed. Beat asks for it every day; doing it twice is harmless."""
    return len(remove_orphans(default_storage)) if isinstance(default_storage, FileSystemStorage) else 0


@shared_task
def remove_public_pages() -> int:
    return public_pages.remove_public_pages()


@shared_task
def remove_old_mail() -> int:
    return mail.remove_old_mail(now=timezone.now())


@shared_task
def forget_forms() -> int:
    return passing.forget_forms(now=timezone.now())


@shared_task
def remove_stale_territory_files() -> int:
    return territory_imports.remove_stale_imports(now=timezone.now())


@shared_task
def remove_stale_organisation_files() -> int:
    return organisation_imports.remove_stale_imports(now=timezone.now())


@shared_task
def work_on_organisation_files() -> int:
    """The number of large files of organisations that were checked or stored. Beat asks for it every minute, a page at once."""
    return working.work_on_imports()


@shared_task
def tell_listed_organisations() -> int:
    """The number of organisations that were told of their entry. Beat asks for it every minute."""
    return listing.tell_listed()
