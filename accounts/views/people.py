from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.models import User
from chat.models import Room


@require_safe
@login_required
def person(request, pk):
    """Who somebody is; with `?card` only the card, to be shown over another page."""
    someone = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    shared = request.user.rooms.filter(pk__in=someone.memberships.values("room"))
    rooms = shared.exclude(kind="direct").order_by("-active_at", "-id")
    is_card = "card" in request.GET
    template = "accounts/_card.html" if is_card else "accounts/person.html"
    itself = User.objects.filter(pk=someone.pk)
    context = {
        "person": someone,
        "shared_rooms": rooms[:12],
        "is_blocked": request.user.blocks.filter(blocked=someone).exists(),
        "may_write": itself.open_to(request.user).exists(),
        **moderation_of(request, someone),
    }
    return render(request, template, context)


def moderation_of(request, someone) -> dict:
    """What can be decided about `someone` in the room over which the card is shown (`?room=`)."""
    rooms = Room.objects.visible_to(request.user).exclude(kind="direct")
    room = rooms.at(request.GET.get("room", ""))
    if room is None or someone == request.user:
        return {}
    mine, theirs = room.membership_of(request.user), room.membership_of(someone)
    if not room.may_decide(request.user, mine, theirs):
        return {"card_room": room}
    restraints = room.restraints.in_force().filter(person=someone).select_related("decision")
    return {"card_room": room, "moderates": True, "restraints": restraints}
