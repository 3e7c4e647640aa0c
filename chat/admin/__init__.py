"""The Django admin, where moderators of the site work.

What is changed here is changed by the verbs of the models, like anywhere else: open browsers see
it, revisions stay contiguous, and decisions stand in the log. What no verb does cannot be done here
either.
"""

from chat.admin import decisions, files, filters, held, messages, people, reports, rooms

__all__ = ["decisions", "files", "filters", "held", "messages", "people", "reports", "rooms"]
