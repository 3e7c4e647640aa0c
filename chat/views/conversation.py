"""The page of one room, and its history in pieces."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_GET, require_http_methods
from msgspec import to_builtins
from msgspec.structs import asdict

from chat import broadcasts, rendering
from chat.errors import Banned, ChatError, Invalid, Locked, Muted, NotFound
from chat.models import Attachment, Block, Held, Membership, Message, PushDevice, Room

PLACES = 32  # of a room, for pieces of its history that are kept rendered for a while


@require_GET
def room(request, slug: str):
    """The newest messages, or with `?around=<id>` those on both sides of one.

    With `?thread=<id>` also those said under that message, and then `around` is one of them.
    """
    return show(request, slug) if request.user.is_authenticated else entrance(request, slug)


def show(request, slug: str, *, written: str = "", status: int = 200):
    """The page of the room; what was `written` and refused stands where one writes."""
    around = number(request.GET.get("around"))
    my_rooms = Room.objects.sidebar_for(request.user)
    room = next((room for room in my_rooms if room.slug == slug), None)
    if room is None:
        try:
            room = Room.objects.called(slug, request.user)
        except NotFound:
            if request.user.is_guest and Room.objects.filter(kind=Room.Kind.PUBLIC).at(slug):
                return render(request, "chat/not_for_guests.html", status=403)
            return moved(request, slug)
        except Banned as refusal:
            return render(request, "chat/banned.html", {"refusal": refusal.message}, status=403)
        room.seen_by(request.user)
        room.membership = room.membership_of(request.user)
    room.is_open = True
    membership = room.membership
    root, place = thread_asked_for(request, room), None
    if root:
        side, around = thread_pane(request, room, root, around, written=written), None
    else:
        side = ""
        place = place_of(room, around) if around else None
        if place and place.thread_id:
            return redirect(room.address(thread=place.thread_id, around=around))
    # Where it is not, the page says that it is gone, and that these are the newest.
    history = history_page(room, None, around=around if place else None)
    may_moderate = bool(membership and membership.is_at_least(Membership.Role.MODERATOR))
    silenced = silenced_in(room, request.user)
    context = {
        "room": room,
        "membership": membership,
        **panes(my_rooms),
        "messages_html": history["html"],
        "has_older": history["has_older"],
        "has_newer": history["has_newer"],
        "around": around,
        "last_read": membership.last_read if membership else room.last_message_id or 0,
        "prefix": "",
        "thread": None,
        "side": side,
        "may_moderate": may_moderate,
        "waiting": room.waiting_for(request.user) if may_moderate else 0,
        "held": (held := held_back(room, membership)),
        "may_call_everybody": bool(membership and membership.may_call_everybody),
        "may_pin": bool(membership and membership.may_pin),
        "may_edit": bool(membership and membership.is_at_least(Membership.Role.OWNER)),
        "silenced": silenced,
        "config": config(request, room, membership)
        | {"held": held, "can_write": not (room.archived_at or held or silenced)},
        # What the browser copies for a message that is on its way.
        "pending": rendering.fragment(Message(author=request.user, revision=0)),
        "written": "" if root else written,
    }
    return render(request, "chat/room.html", context, status=status)


def moved(request, slug: str):
    """To the room that the one with this address became part of; messages keep their ids."""
    room = get_object_or_404(Room.objects.visible_to(request.user), former_addresses__slug=slug)
    query = request.META["QUERY_STRING"]
    return redirect(room.get_absolute_url() + (f"?{query}" if query else ""))


def entrance(request, slug: str):
    """Where to come in: by a nickname when that is enough for the room, else by signing in."""
    is_open = Room.objects.filter(slug=slug, kind=Room.Kind.PUBLIC, guests_allowed=True).exists()
    return redirect_to_login(request.get_full_path(), resolve_url("guest") if is_open else None)


def thread_root(room: Room, pk: int) -> Message:
    return get_object_or_404(room.messages.in_main().with_author(), pk=pk)


def thread_asked_for(request, room: Room) -> Message | None:
    pk = number(request.GET.get("thread"))
    return None if pk is None else thread_root(room, pk)


def place_of(room: Room, pk: int) -> Message | None:
    """The message with that id, if it was said in `room`, and of it only under which one."""
    return room.messages.filter(pk=pk).only("thread").first()


@login_required
@require_GET
def absence(request):
    """The left pane and whom one has blocked, as they are now: for a page that was cut off."""
    my_rooms = Room.objects.sidebar_for(request.user)
    for room in my_rooms:
        room.is_open = False
    html = render_to_string("chat/_rooms.html", panes(my_rooms), request)
    blocked = request.user.blocks.values_list("blocked", flat=True)  # not as it was a minute ago
    return JsonResponse({"html": html, "blocked": list(blocked)})


def panes(my_rooms: list[Room]) -> dict:
    return {
        "my_rooms": [one for one in my_rooms if not one.is_direct],
        "my_conversations": [one for one in my_rooms if one.is_direct],
    }


@login_required
@require_GET
def thread(request, slug: str, pk: int):
    """What is said under a message, as the page has it beside the room: for scripts."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    room.seen_by(request.user)
    return HttpResponse(thread_pane(request, room, thread_root(room, pk)))


def thread_pane(
    request, room: Room, root: Message, around: int | None = None, *, written: str = ""
) -> str:
    """The HTML of the thread under `root`; the state is that of `room`'s revision, or later."""
    history = history_page(room, root, around=around)
    reader = root.readers.filter(user=request.user).first()
    context = {
        "room": room,
        "messages_html": history["html"],
        "has_older": history["has_older"],
        "has_newer": history["has_newer"],
        "around": around,
        "silenced": silenced_in(room, request.user),
        "last_read": reader.last_read if reader else root.thread_last,
        "prefix": "side-",
        "thread": root.pk,
        "written": written,
    }
    return render_to_string("chat/_side.html", context, request)


def config(request, room: Room, membership: Membership | None) -> dict:
    """What the scripts of the page need to know."""
    user = request.user
    draft = broadcasts.draft_data(membership.draft_or_none) if membership else None
    return {
        "slug": room.slug,
        "revision": room.revision,
        "user": asdict(broadcasts.person_data(user)),
        "time_zone": user.time_zone,
        "ws": "/ws/?" + urlencode({"lang": translation.get_language()}),
        "limits": Message.limits(),
        "session": PushDevice.mark_of(request.session.session_key),
        "draft": to_builtins(draft),
        "slow": slow_mode(room, membership),
        "blocked": Block.ids_of(user),
        "has_held": bool(membership and membership.has_held),
    }


def silenced_in(room: Room, user):
    """The only other one of a conversation, if `user` has blocked them: nothing goes to them."""
    others = room.others if room.is_direct and len(room.others) == 1 else []
    return next((person for person in others if person.pk in Block.ids_of(user)), None)


def held_back(room: Room, membership: Membership | None) -> dict | None:
    """What keeps this member from writing now: `muted` or `locked`, in `text`, to what time."""
    if membership is None or not room.is_held:
        return None
    try:
        room.require_voice(membership)
    except (Muted, Locked) as refusal:
        return {"kind": refusal.code, "text": str(refusal), "until": membership.muted_until}
    return None


def slow_mode(room: Room, membership: Membership | None) -> dict | None:
    """How many seconds this member waits between two messages, and how many are left."""
    if not room.is_slow_for(membership):
        return None
    return {"every": room.slow_seconds, "left": round(room.wait_of(membership))}


@login_required
@require_http_methods(["GET", "POST"])
def messages(request, slug: str):
    """A piece of history as fragments; or, for browsers without scripts, a new message."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    if request.method == "POST":
        return post(request, room)
    if source := number(request.GET.get("source")):
        message = get_object_or_404(room.messages.visible(), pk=source, author=request.user)
        return JsonResponse({"body": message.body, "revision": message.revision})
    root = thread_asked_for(request, room)
    query = {key: number(request.GET.get(key)) for key in ("before", "after", "around")}
    if not request.accepts("application/json") or request.accepts("text/html"):
        return redirect(room.address(**query, thread=root.pk if root else None))
    return JsonResponse(history_page(room, root, **query) | {"revision": room.revision})


def post(request, room: Room, files=()):
    """A message by an ordinary form, with the `files` that were uploaded along."""
    body, thread = request.POST.get("body", ""), number(request.GET.get("thread"))
    taken: list[int] = []
    try:
        nonce = read_nonce(request.POST.get("nonce"))
        # Before files are taken in, which takes time and of their owner's quota.
        Message.readable(body, files=len(files))
        room.join(request.user)
        for file in files:
            taken.append(Attachment.receive(room, request.user, file).pk)
        said = room.post(request.user, body, nonce=nonce, thread=thread, attachments=taken)
    except ChatError as error:
        request.user.attachments.filter(pk__in=taken).discard()
        notices.error(request, error.message)
        return show(request, room.slug, written=body, status=400)
    if isinstance(said, Held):
        return redirect("held", room.slug)
    return redirect(room.address(thread=thread))


def read_nonce(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid from None


def history_page(room: Room, root: Message | None, *, before=None, after=None, around=None) -> dict:
    """`html` of at most 50 messages, oldest first, and whether there are older and newer ones."""
    if root:
        page = room.messages.filter(thread=root).page(before=before, after=after, around=around)
        if not page.has_older:
            page.messages.insert(0, root)
        return rendered(page)
    # What is said raises the revision, what its people look like the version.
    asked = (room.revision, room.people_version, before, after, around)
    is_newest = (before, after, around) == (None, None, None)
    # A few places, each for one piece at a time: whoever makes numbers up fills no more than these.
    place = "newest" if is_newest else (before or after or around or 0) % PLACES
    key = f"history:{room.pk}:{place}"
    kept = cache.get(key)
    if kept and kept[0] == asked:
        return kept[1]
    history = rendered(room.messages.in_main().page(before=before, after=after, around=around))
    cache.set(key, (asked, history), 3600 if is_newest else 300)
    return history


def rendered(page) -> dict:
    return {
        "html": rendering.fragments(page.messages),
        "has_older": page.has_older,
        "has_newer": page.has_newer,
    }


def number(text: str | None) -> int | None:
    """A message id from a URL. Anything else is no page that there is."""
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)
