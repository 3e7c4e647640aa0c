from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat.models import Room
from chat.views.rooms import with_people_here

ROOMS_SHOWN = 6


@require_safe
def home(request):
    """One's own rooms; for those who are signed out, what this is and how to enter."""
    if not request.user.is_authenticated:
        return landing(request)
    rooms = with_people_here(list(Room.objects.sidebar_for(request.user)))
    context = {
        "rooms": [room for room in rooms if not room.is_direct],
        "conversations": [room for room in rooms if room.is_direct],
    }
    return render(request, "chat/home.html", context)


def landing(request):
    open_to_guests = Room.objects.filter(
        kind=Room.Kind.PUBLIC, guests_allowed=True, archived_at=None
    ).order_by("-active_at", "-id")[:ROOMS_SHOWN]
    return render(request, "chat/landing.html", {"rooms": with_people_here(list(open_to_guests))})
