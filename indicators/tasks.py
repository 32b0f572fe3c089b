from celery import shared_task

from indicators import actions, rollup


@shared_task
def roll_up() -> int:
    """The number of figures that changed. Beat asks for it every minute, an approval at once; doing it twice is harmless."""
    run = rollup.roll_up()
    return run.figures if run else 0


@shared_task
def audit_figures() -> int:
    """The number of figures that are not what their observations give. Beat asks for it every night."""
    audit = actions.audit_figures()
    return audit.differences_count if audit else 0
