"""What a filter holds back: for its author, and for who moderates the room."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chat import rendering
from chat.forms import DecisionForm, WordsForm
from chat.models import Held, Message, Room
from chat.views.asking import ask, sent
from chat.views.conversation import number
from chat.views.moderation import moderated
from chat.views.refusals import refusals_as_pages


@require_safe
@login_required
def held(request, slug):
    """One's own in this room; with `?part` as the page of the room shows them, those of the room
    itself or of a `thread`.
    """
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    mine = request.user.held_messages.filter(room=room).order_by("pk")
    mine = mine.select_related("author", "room", "reply_to__author", "decision")
    mine = mine.prefetch_related("attachments")
    is_part = "part" in request.GET
    if is_part:
        mine = mine.filter(thread=number(request.GET.get("thread")))
    template = "chat/_held.html" if is_part else "chat/held.html"
    context = {"room": room, "held": [(one, fragment_of(one)) for one in mine]}
    return render(request, template, context)


def fragment_of(held: Held) -> str:
    """As the message will look that it will be."""
    files = {file.pk: file.about() for file in held.attachments.all()}
    said: dict[str, Any] = {
        name: getattr(held, name)
        for name in ("room", "author", "body", "html", "poll", "forwarded", "created_at")
    }
    shown = [files[pk] for pk in held.files if pk in files]
    # By the revision fragments are told apart, and none of a message is below zero.
    return rendering.fragment(
        Message(**said, nonce=held.nonce, reply_to=held.reply_to, files=shown, revision=-held.pk)
    )


@require_POST
@login_required
def withdraw(request, slug, pk):
    get_object_or_404(request.user.held_messages.select_related("room"), pk=pk).withdraw()
    return redirect("held", slug)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@refusals_as_pages
def decide_held(request, slug, pk, through):
    room, _mine = moderated(request, slug)
    waiting = Held.objects.to_be_decided_by(request.user).select_related("author", "room")
    one = get_object_or_404(waiting, pk=pk, room=room)

    def do(**why):
        (one.let_through if through else one.refuse)(request.user, **why)
        return _("The message is posted.") if through else _("The message is not posted.")

    return ask(
        request,
        (WordsForm if through else DecisionForm)(sent(request)),
        do,
        back=reverse("moderation", args=[room.slug]),
        title=_("Let this message through?") if through else _("Refuse this message?"),
        text=_("Its author is told. What is refused stays with them, for nobody else to see."),
        yes=_("Let it through") if through else _("Refuse it"),
        quoted=one,
        is_danger=not through,
        room=room,
    )
