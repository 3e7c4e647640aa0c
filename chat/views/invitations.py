from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chat.errors import NotAllowed
from chat.forms import InvitationForm
from chat.models import Invitation, Membership, Room
from chat.views.refusals import refusals_as_pages

SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@refusals_as_pages
def invitations(request, slug):
    """The room's newest invitations; a POST makes another."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    mine = room.require_role(request.user, Membership.Role.MODERATOR)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        Invitation.create(room, request.user, **form.cleaned_data)
        messages.success(request, _("The invitation is made. Copy its link and pass it on."))
        return redirect("invitations", room.slug)
    still_open = Exists(Invitation.objects.open().filter(pk=OuterRef("pk")))
    newest = room.invitations.select_related("created_by").annotate(is_open=still_open)
    newest = list(newest.order_by("-pk")[:SHOWN])
    context = {
        "room": room,
        "mine": mine,
        "form": form,
        "open_invitations": [with_link(request, it) for it in newest if it.is_open],
        "ended_invitations": [it for it in newest if not it.is_open],
    }
    return render(request, "chat/invitations.html", context)


def with_link(request, invitation: Invitation) -> Invitation:
    """The same invitation with `link`, the whole address to pass on."""
    path = redirect("invitation", invitation.token).url
    invitation.link = request.build_absolute_uri(path)
    return invitation


@require_POST
@login_required
@refusals_as_pages
def revoke_invitation(request, slug, pk):
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    get_object_or_404(room.invitations, pk=pk).revoke(request.user)
    messages.success(request, _("The invitation is revoked. Its link lets nobody in any more."))
    return redirect("invitations", room.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request, token):
    """What a link leads to, for anybody who has it; a POST enters the room."""
    found = Invitation.objects.select_related("room", "created_by").filter(token=token).first()
    if found and request.user.is_authenticated and found.room.membership_of(request.user):
        return redirect("room", found.room.slug)
    if not found or not Invitation.objects.open_to(request.user).filter(pk=found.pk).exists():
        return render(request, "chat/invitation.html", {"ended": True}, status=410)
    if request.method == "POST":
        return accept(request, found)
    return show(request, found)


def accept(request, invitation: Invitation):
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    try:
        invitation.accept(request.user)
    except NotAllowed as error:
        return show(request, invitation, refusal=error.message)
    return redirect("room", invitation.room.slug)


def show(request, invitation: Invitation, refusal=None):
    context = {"invitation": invitation, "room": invitation.room, "refusal": refusal}
    return render(request, "chat/invitation.html", context, status=403 if refusal else 200)
