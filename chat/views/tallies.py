"""Who made a choice: asked for when somebody wants to see it, as the page knows only numbers."""

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from chat.models import Room

NAMED = 20  # people; of more only the number is said


@login_required
@require_GET
def who(request, slug: str, pk: int):
    """By what they chose: `names` of the first who did, and whether it is `mine` too."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    message = get_object_or_404(room.messages.visible(), pk=pk)
    votes = message.votes.filter(user=request.user)
    mine = set(message.reactions.filter(user=request.user).values_list("emoji", flat=True))
    tally = message.reaction_tally
    if message.poll:
        mine |= {str(choice) for choice in votes.values_list("choice", flat=True)}
        tally = [
            {"key": str(at), **choice} for at, choice in enumerate(message.poll["choices"])
        ] + tally
    return JsonResponse(told(tally, mine))


def told(tally: list[dict], mine: set[str]) -> dict:
    first = {one["key"]: one["who"][:NAMED] for one in tally}
    ids = {pk for some in first.values() for pk in some}
    people = get_user_model().objects.in_bulk(ids)
    return {
        key: {"names": [people[pk].name for pk in some if pk in people], "mine": key in mine}
        for key, some in first.items()
    }
