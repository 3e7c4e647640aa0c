from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db.models import Case, Q, Value, When
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import names
from chat import presence
from chat.broadcasts import name_data
from chat.errors import NotAllowed
from chat.models import Membership, Room
from chat.views.paging import cut, read_id_cursor
from chat.views.refusals import refusals_as_pages

PAGE_SIZE = 50
NAMES_SHOWN = 8
User = get_user_model()


@require_safe
@login_required
def members(request, slug):
    """Those who run the room first, then everybody in the order in which they came."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    room.seen_by(request.user)
    mine = room.membership_of(request.user)
    query = names.clean(request.GET.get("q", ""))[:100]
    found = room.memberships.select_related("user").order_by("pk")
    runners = []
    found = found.filter(named(query)) if query else found.filter(role=Membership.Role.MEMBER)
    if after := request.GET.get("after"):
        found = found.filter(pk__gt=read_id_cursor(after))
    elif not query:
        runners = list(who_runs(room))
    page, has_more = cut(found, PAGE_SIZE)
    context = {
        "room": room,
        "mine": mine,
        "people_here": presence.present(room.pk),
        "members": with_what_i_may_do(runners + page, room, mine, request.user),
        "query": query,
        "after": after,
        "next": page[-1].pk if has_more else None,
        "roles": Membership.Role.choices,
    }
    return render(request, "chat/members.html", context)


@require_safe
@login_required
def member_names(request, slug):
    """The first members with `?q=` in their names, as JSON, to complete an @ with."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    query = names.clean(request.GET.get("q", ""))[:100]
    found = room.memberships.filter(named(query), user__is_active=True).select_related("user")
    members = found.order_by("pk")[:NAMES_SHOWN]
    return JsonResponse({"people": [name_data(one.user) for one in members]})


def named(query: str) -> Q:
    return Q(user__display_name__icontains=query) | Q(user__username__icontains=query)


def who_runs(room):
    """The owners, then the moderators; at most a hundred."""
    rank = Case(When(role=Membership.Role.OWNER, then=Value(0)), default=Value(1))
    runners = room.memberships.exclude(role=Membership.Role.MEMBER).select_related("user")
    return runners.order_by(rank, "pk")[:100]


def with_what_i_may_do(memberships, room, mine, user):
    """Each membership with `may_remove` and `may_set_role`, for the buttons; the verbs decide."""
    owner = room.is_run_from_above_by(user) or (mine and mine.role == Membership.Role.OWNER)
    for membership in memberships:
        another = membership.user_id != user.pk
        membership.may_set_role = owner and not membership.user.is_guest
        membership.may_remove = another and room.may_decide(user, mine, membership)
    return memberships


@require_POST
@login_required
@refusals_as_pages
def remove_member(request, slug, pk):
    """Show the person with the id `pk` out."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    person = get_object_or_404(User, pk=pk)
    room.remove_member(request.user, person)
    messages.success(request, _("%s is no longer a member.") % person.name)
    return redirect("members", room.slug)


@require_POST
@login_required
@refusals_as_pages
def set_role(request, slug, pk):
    """Make the person with the id `pk` what the field `role` says."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    room.require_role(request.user, Membership.Role.OWNER)
    person = get_object_or_404(User, pk=pk)
    role = request.POST.get("role")
    if role not in Membership.Role:
        messages.error(request, _("There is no such role."))
        return redirect("members", room.slug)
    try:
        room.set_role(request.user, person, role)
    except NotAllowed as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request,
            _("%(name)s is now: %(role)s.")
            % {"name": person.name, "role": Membership.Role(role).label},
        )
    return redirect("members", room.slug)
