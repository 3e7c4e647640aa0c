"""Who named one, and what others thought of what one said."""

from itertools import groupby

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat.models import Reaction, Room
from chat.models.activity import activity_of
from chat.views.paging import cut, read_time_cursor, time_cursor

PAGE_SIZE = 40


@require_safe
@login_required
def activity(request):
    """The newest first; `?before=` is the time of the last one of the page before."""
    before = request.GET.get("before")
    found = activity_of(request.user, PAGE_SIZE + 1, read_time_cursor(before) if before else None)
    page, has_more = cut(found, PAGE_SIZE)
    seen_at = request.user.activity_seen_at
    request.user.see_activity()
    Room.introduce({one.message.room for one in page}, request.user)
    groups = [list(its) for _message, its in groupby(page, key=lambda one: one.message_id)]
    entries = [
        {
            "message": its[0].message,
            "reactions": [one for one in its if isinstance(one, Reaction)],
            "at": its[0].created_at,
            "is_new": its[0].created_at > seen_at,
        }
        for its in groups
    ]
    next_page = time_cursor(page[-1].created_at) if has_more else None
    return render(request, "chat/activity.html", {"entries": entries, "next": next_page})
