"""Direct messages: choosing people, beginning to write to them, and not hearing from somebody."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db.models import Q
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import names
from accounts.views.guests import next_url
from chat import presence
from chat.broadcasts import name_data
from chat.errors import ChatError
from chat.models import Block, Membership, Room
from chat.views.refusals import refusals_as_pages

MOST_SHOWN = 30
NAMES_SHOWN = 8
ONLINE_IS_KNOWN = 10  # seconds: every tab asks now and then, and it is one answer for all
User = get_user_model()


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def direct(request):
    """Choose people: those `with` whom so far, and others by name. A POST leads to their talk."""
    given = request.POST if request.method == "POST" else request.GET
    chosen = people(request.user, given.getlist("with"))
    if request.method == "POST":
        try:
            return redirect(Room.between(request.user, chosen))
        except ChatError as error:
            messages.error(request, error.message)
    query = names.clean(given.get("q", ""))[:100]
    may_be_more = len(chosen) + 1 < Room.MOST_PEOPLE
    found = who_may_be_written_to(request.user, chosen, query) if may_be_more else []
    context = {
        "chosen": [(one, link([other for other in chosen if other != one])) for one in chosen],
        "found": [(one, link([*chosen, one])) for one in found],
        "query": query,
        "may_be_more": may_be_more,
        "most": Room.MOST_PEOPLE,
    }
    return render(request, "chat/direct.html", context)


@require_safe
@login_required
def direct_names(request):
    """The first people with `?q=` in their names, as JSON, to go to them by a few letters; and the
    first rooms that one could join."""
    query = names.clean(request.GET.get("q", ""))[:100]
    found = who_may_be_written_to(request.user, [], query)[:NAMES_SHOWN]
    others = Room.objects.visible_to(request.user).exclude(memberships__user=request.user)
    rooms = others.filter(name__icontains=query, archived_at=None).order_by("-active_at", "-pk")
    places = [{"name": room.name, "url": room.get_absolute_url()} for room in rooms[:NAMES_SHOWN]]
    return JsonResponse({"people": [name_data(person) for person in found], "rooms": places})


def people(viewer, ids: list[str]) -> list:
    """The people with these ids, in this order. Raises Http404 for any who is not to be seen."""
    if len(ids) > Room.MOST_PEOPLE or not all(pk.isdecimal() and len(pk) <= 18 for pk in ids):
        raise Http404
    found = User.objects.visible_to(viewer).in_bulk(map(int, ids))
    try:
        return list({int(pk): found[int(pk)] for pk in ids}.values())
    except KeyError:
        raise Http404 from None


def who_may_be_written_to(viewer, but_not, query: str):
    """The first of them by name, as far as `viewer` sees them."""
    named = Q(display_name__icontains=query) | Q(username__icontains=query, is_guest=False)
    chosen = [viewer.pk, *(person.pk for person in but_not)]
    others = User.objects.visible_to(viewer).open_to(viewer).exclude(pk__in=chosen)
    return others.filter(named).order_by("name_key")[:MOST_SHOWN]


def link(chosen) -> str:
    return "?" + urlencode([("with", person.pk) for person in chosen])


@require_safe
@login_required
def here(request):
    """The ids of those with whom one has a conversation, and who have the site open now."""
    rooms = request.user.rooms.filter(kind=Room.Kind.DIRECT)
    others = Membership.objects.filter(room__in=rooms).exclude(user=request.user)
    # Whoever blocked them is away, as far as they can tell.
    others = others.exclude(user__in=request.user.blocked_by.values("blocker"))
    online = cache.get_or_set("online", presence.online, ONLINE_IS_KNOWN)
    return JsonResponse({"people": sorted(online & set(others.values_list("user", flat=True)))})


@require_POST
@login_required
@refusals_as_pages
def block(request, pk):
    person = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    Block.put(request.user, person)
    text = _("You will not hear from %s. You can take that back in your profile.") % person.name
    if not request.accepts("text/html"):  # by a page that stays
        return JsonResponse({"message": text})
    messages.success(request, text)
    return redirect(next_url(request))


@require_POST
@login_required
def unblock(request, pk):
    person = get_object_or_404(User, blocked_by__blocker=request.user, pk=pk)
    Block.lift(request.user, person)
    messages.success(request, _("%s is not blocked any more.") % person.name)
    return redirect(next_url(request))
