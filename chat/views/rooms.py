from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.forms import model_to_dict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import names
from chat import presence
from chat.errors import ChatError, Invalid, NotAllowed, Taken
from chat.forms import RoomForm
from chat.models import Membership, Room
from chat.views.paging import activity_cursor, cut, read_activity_cursor
from chat.views.refusals import refusals_as_pages

PAGE_SIZE = 50
TABS = ("all", "mine", "archived")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rooms(request):
    """Browse and search; a POST makes a new room."""
    if request.method == "POST":
        return create_room(request)
    tab = request.GET.get("tab", "all")
    tab = tab if tab in TABS else "all"
    query = names.clean(request.GET.get("q", ""))[:100]
    found = rooms_in(tab, request.user).matching(query).order_by("-active_at", "-id")
    if after := request.GET.get("after"):
        active_at, pk = read_activity_cursor(after)
        found = found.filter(Q(active_at__lt=active_at) | Q(active_at=active_at, pk__lt=pk))
    page, has_more = cut(found, PAGE_SIZE)
    context = {
        "rooms": with_people_here(with_what_is_mine(page, request.user)),
        "tab": tab,
        "query": query,
        "after": after,
        "next": activity_cursor(page[-1]) if has_more else None,
    }
    return render(request, "chat/rooms.html", context)


def rooms_in(tab: str, user):
    visible = Room.objects.visible_to(user).exclude(kind=Room.Kind.DIRECT)
    visible = visible.filter(archived_at__isnull=tab != "archived")
    if tab == "mine":
        return visible.filter(memberships__user=user)
    return visible


def with_people_here(rooms: list[Room]) -> list[Room]:
    """The same rooms, each with `here`: how many people have it open now."""
    here = presence.counts([room.pk for room in rooms])
    for room in rooms:
        room.here = here.get(room.pk, 0)
    return rooms


def with_what_is_mine(rooms: list[Room], user) -> list[Room]:
    """The same rooms, each with `is_mine` (`user` is a member) and `unread`."""
    memberships = user.memberships.filter(room__in=rooms)
    last_read = dict(memberships.values_list("room", "last_read"))
    for room in rooms:
        room.is_mine = room.pk in last_read
        room.unread = room.is_mine and (room.last_message_id or 0) > last_read[room.pk]
    return rooms


@require_safe
@login_required
def new_room(request):
    return render(request, "chat/new_room.html", {"form": RoomForm()})


def create_room(request):
    form = RoomForm(request.POST)
    if form.is_valid():
        try:
            return redirect("room", Room.create(request.user, **form.cleaned_data).slug)
        except ChatError as error:
            show_in(form, error)
    return render(request, "chat/new_room.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@refusals_as_pages
def edit_room(request, slug):
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    mine = room.require_role(request.user, Membership.Role.OWNER)
    form = RoomForm(request.POST or None, initial=model_to_dict(room, RoomForm.base_fields))
    if form.is_valid():
        try:
            room.edit(request.user, **form.cleaned_data)
        except (Invalid, Taken) as error:
            show_in(form, error)
        else:
            messages.success(request, _("The room is changed."))
            return redirect("room", room.slug)
    return render(request, "chat/edit_room.html", {"form": form, "room": room, "mine": mine})


def show_in(form, error: ChatError) -> None:
    """Put what the verb refused where the form shows it: beside the name, if that is the cause."""
    form.add_error("name" if isinstance(error, Invalid | Taken) else None, str(error.message))


@require_POST
@login_required
@refusals_as_pages
def archive_room(request, slug):
    """Archive the room, or with `archived=false` open it again."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    if request.POST.get("archived") == "false":
        room.unarchive(request.user)
        messages.success(request, _("The room is open again."))
    else:
        room.archive(request.user)
        messages.success(request, _("The room is archived. It can be read, and opened again."))
    return redirect("room", room.slug)


@require_POST
@login_required
@refusals_as_pages
def join_room(request, slug):
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    try:
        room.join(request.user)
    except ChatError as error:
        messages.error(request, error.message)
        return redirect("rooms")
    return redirect("room", room.slug)


@require_POST
@login_required
@refusals_as_pages
def leave_room(request, slug):
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    try:
        room.leave(request.user)
    except NotAllowed as error:
        messages.error(request, error.message)
        return redirect("members", room.slug)
    if room.is_direct:
        messages.success(request, _("The conversation is hidden until somebody writes in it."))
        return redirect("home")
    messages.success(request, _("You left “%s”.") % room.name)
    return redirect("rooms")
