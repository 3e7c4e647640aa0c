"""What one wants to be told of, on which devices, and why one was told or was not."""

from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import browsers
from accounts.models import city_of
from chat import outside, push
from chat.errors import ChatError
from chat.forms import LevelForm, WishesForm
from chat.models import Membership, Notice, NoticeWishes, PushDevice, Room, digest
from chat.views.paging import newest_first
from chat.views.refusals import answered, refusals_as_pages

LOG_SIZE = 60


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notices(request):
    """The person's wishes for all rooms, and their devices."""
    wishes = NoticeWishes.objects.filter(user=request.user).first()
    wishes = wishes or NoticeWishes(user=request.user)
    zone = wishes.zone
    form = WishesForm(request.POST or None, instance=wishes)
    if form.is_valid():
        wishes.change(**form.cleaned_data)
        messages.success(request, _("Your wishes are saved."))
        return redirect("notices")
    context = {
        "form": form,
        "devices": request.user.push_devices.order_by("-pk"),
        "has_address": bool(digest.address_of(request.user)),
        "has_push": bool(push.public_key()),
        "memberships": memberships_of(request.user),
        "session": PushDevice.mark_of(request.session.session_key),
        "zone": city_of(zone),
    }
    return render(request, "chat/notices.html", context)


def memberships_of(user):
    """Those of the rooms in use, busiest first."""
    mine = user.memberships.filter(room__archived_at=None).select_related("room")
    busiest = list(mine.order_by("-room__active_at")[:200])
    Room.introduce([membership.room for membership in busiest], user)
    return busiest


@require_safe
@login_required
def notice_log(request):
    """What was decided about each message, newest first, and what came of it on each device."""
    # Of a room that one has left one reads nothing more, what was decided there least of all.
    mine = request.user.memberships.filter(room=OuterRef("message__room"))
    visible = Q(message=None) | Exists(mine)
    found = request.user.notices.with_message().filter(visible)
    page, pages = newest_first(request, found, LOG_SIZE)
    Room.introduce([one.message.room for one in page if one.message], request.user)
    log = [
        list(its) for _message, its in groupby(page, key=lambda one: one.message_id or one.reason)
    ]
    return render(request, "chat/notice_log.html", {"log": log, **pages})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@refusals_as_pages
def room_notices(request, slug):
    """What one wants to be told of in one room."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    room.seen_by(request.user)
    mine = room.membership_or_error(request.user)
    form = LevelForm(request.POST or None, initial={"level": mine.level})
    if form.is_valid():
        mine.set_level(form.cleaned_data["level"])
        level = Membership.Level(mine.level).label
        messages.success(request, _("In this room you are now told of: %s.") % level)
        return redirect("room", room.slug)
    return render(request, "chat/room_notices.html", {"room": room, "mine": mine, "form": form})


# Devices ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def devices(request):
    """By which key a browser is to subscribe; or, with what it then got, its subscription."""
    if request.method != "POST":
        return JsonResponse({"key": push.public_key()})
    subscription = push.Subscription(
        *(request.POST.get(field, "") for field in push.Subscription._fields)
    )
    name = browsers.describe(request.headers.get("User-Agent", ""))
    session = request.session.session_key
    return answered(lambda: PushDevice.subscribe(request.user, session, subscription, name))


@require_POST
@login_required
def unsubscribe(request):
    """The browser that has this endpoint wants to be told no more."""
    endpoint = request.POST.get("endpoint", "")
    if outside.is_proper(endpoint):
        request.user.push_devices.filter(endpoint=endpoint).delete()
    return HttpResponse(status=204)


@require_POST
@login_required
def remove_device(request, pk):
    device = get_object_or_404(request.user.push_devices, pk=pk)
    device.delete()
    messages.success(request, _("%s is told no more.") % device.name)
    return redirect("notices")


@require_POST
@login_required
def test_device(request, pk):
    device = get_object_or_404(request.user.push_devices, pk=pk)
    try:
        Notice.test(device)
    except ChatError as error:
        messages.error(request, error.message)
    else:
        on_its_way = _("A notice is on its way to %s. What came of it is in the log.")
        messages.success(request, on_its_way % device.name)
    return redirect("notices")
