from orgs.actions.mail import send_waiting_mail

__all__ = ["send_waiting_mail"]
