"""What anybody may do: report, see what was decided about them, and appeal."""

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chat.forms import AppealForm, ReportForm
from chat.models import Decision, Report, Room
from chat.views.asking import ask, sent
from chat.views.conversation import number
from chat.views.paging import newest_first
from chat.views.refusals import refusals_as_pages

User = get_user_model()
PAGE_SIZE = 40


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@refusals_as_pages
def report(request, slug):
    """Report a message of the room (`?message=`), or somebody (`?person=`)."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    room.seen_by(request.user)
    message = None
    if pk := number(request.GET.get("message")):
        messages = room.messages.visible().select_related("author", "room")
        message = get_object_or_404(messages, pk=pk)
        person, about = message.author, {"message": message}
    else:
        people = User.objects.visible_to(request.user)
        person = get_object_or_404(people, pk=number(request.GET.get("person")))
        about = {"person": person, "room": room}

    title = _("Report this message of %s") if message else _("Report %s")

    def do(**why) -> str:
        Report.file(request.user, **about, **why)
        return _("Thank you. Somebody will look at it.")

    return ask(
        request,
        ReportForm(sent(request)),
        do,
        back=room.get_absolute_url(),
        title=title % person.name,
        text=_("Who moderates sees what you report, and your name. The one you report does not."),
        yes=_("Report"),
        quoted=message,
        room=room,
    )


@require_safe
@login_required
def decisions(request):
    """What was decided about the person, the newest first."""
    found = Decision.objects.about(request.user).with_names().select_related("appeal__answer")
    page, pages = newest_first(request, found, PAGE_SIZE)
    for decision in page:
        decision.told = decision.said_to(request.user)
        decision.may_appeal = decision.may_be_appealed_by(request.user)
    return render(request, "chat/decisions.html", {"decisions": page, **pages})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@refusals_as_pages
def appeal(request, pk):
    decision = get_object_or_404(Decision.objects.about(request.user).with_names(), pk=pk)

    def do(words) -> str:
        decision.appeal_by(request.user, words)
        return _("Your appeal is on its way. You see the answer here.")

    return ask(
        request,
        AppealForm(sent(request)),
        do,
        back=reverse("decisions"),
        title=_("Appeal this decision"),
        text=decision.said_to(request.user),
        yes=_("Appeal"),
    )
