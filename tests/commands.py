"""Commands as the tests run them."""

from io import StringIO

from django.core.management import call_command


def run(*command: str, **options) -> str:
    """What `manage.py` with these arguments says."""
    out = StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()
