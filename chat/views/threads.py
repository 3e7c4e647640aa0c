"""The threads that one takes part in, and what one has begun to write in one."""

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from msgspec import to_builtins

from chat import broadcasts
from chat.models import Room, ThreadReader
from chat.views.paging import cut, read_id_cursor

PAGE_SIZE = 50


@require_safe
@login_required
def threads(request):
    """Those that went on last come first; `?before=` is the newest message of the next one."""
    mine = request.user.threads.of_rooms_of(request.user).filter(root__thread_count__gt=0)
    if before := request.GET.get("before"):
        mine = mine.filter(root__thread_last__lt=read_id_cursor(before))
    mine = mine.select_related("root__author", "root__room").order_by("-root__thread_last")
    page, has_more = cut(mine, PAGE_SIZE)
    rooms = {reader.root.room_id: reader.root.room for reader in page}
    Room.introduce(rooms.values(), request.user)
    for reader in page:
        reader.root.room = rooms[reader.root.room_id]
        reader.is_unread = reader.root.thread_last > reader.last_read
    context = {"threads": page, "next": page[-1].root.thread_last if has_more else None}
    return render(request, "chat/threads.html", context)


@require_safe
@login_required
def unread(request):
    """The ids of those in which there is something new: for a page that has lost frames."""
    return JsonResponse({"threads": ThreadReader.unread_by(request.user)})


@require_safe
@login_required
def draft(request, slug: str, pk: int):
    """What one has begun to write in the thread of that message: for scripts."""
    membership = get_object_or_404(request.user.memberships, room__slug=slug)
    return JsonResponse(to_builtins(broadcasts.draft_data(membership.draft_in(pk))) or {})
