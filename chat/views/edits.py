"""What a message said before it was changed."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from chat.models import Block, Room


@require_safe
@login_required
def edits(request, slug: str, pk: int):
    """A page of its own, or with `?part` what a dialog shows. The newest text first."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    room.seen_by(request.user)
    message = get_object_or_404(
        room.messages.visible().with_author(), pk=pk, edited_at__isnull=False
    )
    context = {
        "room": room,
        "message": message,
        "earlier": message.edits.order_by("-pk"),
        "blocked": Block.ids_of(request.user),
    }
    is_part = "part" in request.GET
    return render(request, "chat/_edits.html" if is_part else "chat/edits.html", context)
