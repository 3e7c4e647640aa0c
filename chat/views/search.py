from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat.errors import Invalid, TooFast
from chat.models import Block, Search
from chat.search.query import LONGEST
from chat.views.paging import read_id_cursor


@require_safe
@login_required
def search(request):
    """What was said, in the room one comes from (`room`), or `everywhere` in one's rooms."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    if room := request.user.rooms.at(request.GET.get("room", "")):
        room.seen_by(request.user)
    everywhere = room is None or "everywhere" in request.GET
    before = request.GET.get("before")
    asked = {"q": text} | ({"room": room.slug} if room else {})
    context = {
        "query": text,
        "room": room,
        "everywhere": everywhere,
        "here": urlencode(asked),
        "again": urlencode(asked | ({"everywhere": ""} if everywhere else {})),
        "before": before,
        "longest": LONGEST,
        "blocked": Block.ids_of(request.user),
    }
    status = 200
    try:
        if text:
            search = Search(request.user, text, None if everywhere else room)
            context["found"] = search.page(read_id_cursor(before) if before else None)
    except Invalid as error:
        context["error"], status = error.message, 400
    except TooFast as error:
        context["error"], status = error.message, 429
    return render(request, "chat/search.html", context, status=status)
