"""The board of a room: what its moderators pinned."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from chat.models import Block, Room
from chat.views.refusals import refusals_as_pages


@require_safe
@login_required
def pins(request, slug: str):
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    room.seen_by(request.user)
    mine = room.membership_of(request.user)
    context = {
        "room": room,
        "mine": mine,
        "blocked": Block.ids_of(request.user),
        "messages_pinned": room.messages.pinned().with_author(),
        "may_unpin": mine and mine.may_pin and room.archived_at is None,
    }
    return render(request, "chat/pins.html", context)


@require_POST
@login_required
@refusals_as_pages
def unpin(request, slug: str, pk: int):
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    get_object_or_404(room.messages.visible(), pk=pk).pin(request.user, False)
    return redirect("pins", room.slug)
