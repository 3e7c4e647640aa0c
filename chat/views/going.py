"""What every page needs to lead elsewhere by a few letters."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat.models import Room


@require_safe
@login_required
def going(request):
    """One's rooms and the two dialogs, as a piece of a page."""
    return render(request, "chat/going.html", {"rooms": Room.objects.sidebar_for(request.user)})
