"""What is still to come: one's scheduled messages and reminders."""

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chat.errors import ChatError
from chat.forms import NewScheduledForm, ScheduledForm, WhenForm
from chat.models import Message, Reminder, Room, Scheduled
from chat.views.refusals import answered, refusals_as_pages


@require_safe
@login_required
def later(request):
    waiting = request.user.scheduled.select_related("room").prefetch_related("attachments")
    scheduled = list(waiting.order_by("due_at"))
    reminders = request.user.reminders.filter(message__room__memberships__user=request.user)
    reminders = reminders.select_related("message__author", "message__room")
    reminders = list(reminders.order_by("due_at"))
    rooms = [one.room for one in scheduled] + [one.message.room for one in reminders]
    Room.introduce(rooms, request.user)
    return render(request, "chat/later.html", {"scheduled": scheduled, "reminders": reminders})


# Scheduled messages -----------------------------------------------------------------------------


@require_POST
@login_required
def schedule(request, slug):
    """Called by the composer: `body` and `due_at`; perhaps `reply_to` and `thread`, the ids of
    messages, and `attachments`, those of files as JSON.
    """
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    form = NewScheduledForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    said = form.cleaned_data
    when = said.pop("due_at")
    return answered(lambda: Scheduled.create(room, request.user, when=when, **said))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit_scheduled(request, pk):
    scheduled = get_object_or_404(request.user.scheduled.select_related("room"), pk=pk)
    said = {"body": scheduled.body, "due_at": scheduled.due_at}
    form = ScheduledForm(request.POST or None, initial=said)
    if form.is_valid():
        try:
            scheduled.change(form.cleaned_data["body"], form.cleaned_data["due_at"])
        except ChatError as error:
            form.add_error("due_at", str(error.message))
        else:
            notices.success(request, _("The message is changed."))
            return redirect("later")
    return render(request, "chat/edit_scheduled.html", {"form": form, "scheduled": scheduled})


@require_POST
@login_required
def send_scheduled(request, pk):
    """At once."""
    scheduled = get_object_or_404(request.user.scheduled.select_related("room"), pk=pk)
    try:
        message = scheduled.send_now()
    except ChatError as error:
        notices.error(request, error.message)
        return redirect("later")
    return redirect(message.place)


@require_POST
@login_required
def cancel_scheduled(request, pk):
    scheduled = get_object_or_404(request.user.scheduled, pk=pk)
    try:
        scheduled.cancel()
    except ChatError as error:
        notices.error(request, error.message)
    else:
        notices.success(request, _("It will not be sent."))
    return redirect("later")


# Reminders --------------------------------------------------------------------------------------


@require_POST
@login_required
@refusals_as_pages
def remind(request, slug, pk):
    """Called by the menu of a message: `due_at`."""
    messages = Message.objects.visible_to(request.user).visible().select_related("room")
    message = get_object_or_404(messages, pk=pk, room__slug=slug)
    form = WhenForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    return answered(lambda: Reminder.set(request.user, message, form.cleaned_data["due_at"]))


@require_POST
@login_required
def forget_reminder(request, pk):
    get_object_or_404(request.user.reminders, pk=pk).delete()
    notices.success(request, _("The reminder is gone."))
    return redirect("later")
