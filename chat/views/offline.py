"""What the browser keeps, to have something to show when the site cannot be reached."""

from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def offline(request):
    return render(request, "offline.html")


@require_safe
def service_worker(request):
    """Served from the root: a worker looks after no more than its own folder."""
    return render(request, "service-worker.js", content_type="text/javascript")
