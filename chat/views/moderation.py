"""What the moderators of a room decide, and their page: what waits, what is in force, the log."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from chat.errors import ChatError
from chat.forms import DecisionForm, LockForm, SlowForm, TermForm, WordsForm
from chat.models import Appeal, Membership, Room
from chat.views.asking import ask, sent
from chat.views.conversation import number
from chat.views.paging import newest_first
from chat.views.refusals import refusals_as_pages

User = get_user_model()
PAGE_SIZE = 40
WAITING = 50  # reports and appeals shown at once


def moderated(request, slug) -> tuple[Room, Membership | None]:
    """The room, and the membership of who asks. Raises NotAllowed for who does not moderate it."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    return room, room.require_role(request.user, Membership.Role.MODERATOR)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@refusals_as_pages
def moderation(request, slug):
    """The page; a POST sets slow mode, locks or unlocks."""
    room, mine = moderated(request, slug)
    if request.method == "POST":
        return change(request, room)
    decided = room.log
    log, pages = newest_first(request, decided.with_names(), PAGE_SIZE)
    reports = room.reports.to_be_decided_by(request.user).with_names().order_by("pk")
    appeals = Appeal.objects.to_be_answered_by(request.user).filter(decision__in=decided)
    appeals = appeals.select_related("decision__person", "decision__message").order_by("pk")
    held = room.held_messages.to_be_decided_by(request.user).select_related("author")
    held = held.prefetch_related("attachments")
    in_force = room.restraints.in_force().select_related("person", "decision").order_by("-pk")
    context = {
        "room": room,
        "mine": mine,
        "slow": SlowForm(initial={"seconds": room.slow_seconds}),
        "lock": LockForm(),
        "log": log,
        **pages,
        "reports": together(reports[:WAITING]),
        "appeals": appeals[:WAITING],
        "held": held.order_by("pk")[:WAITING],
        "restraints": in_force[:WAITING],
    }
    return render(request, "chat/moderation.html", context)


def together(reports) -> list[list]:
    """Reports of the same thing beside each other, the oldest first."""
    groups: dict = {}
    for report in reports:
        groups.setdefault((report.message_id, report.person_id), []).append(report)
    return list(groups.values())


def change(request, room: Room):
    what = request.POST.get("what")
    form = SlowForm(request.POST) if what == "slow" else LockForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        match what:
            case "slow":
                room.slow_down(request.user, form.cleaned_data["seconds"])
                done = _("Slow mode is set.") if room.slow_seconds else _("Slow mode is off.")
            case "lock":
                room.lock(request.user, **form.cleaned_data)
                done = _("The room is locked. Only who moderates it can write.")
            case "unlock":
                room.unlock(request.user)
                done = _("The room is open again.")
            case _other:
                raise Http404
    except ChatError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect("moderation", room.slug)


# Deciding ---------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """What is said around a decision; `title` and `done` name the person."""

    title: Any
    text: Any
    yes: Any
    done: Any


ASKED = {
    "mute": Asked(
        _("Mute %s?"),
        _("They can read here, but not write, react or vote. They see why, and can appeal."),
        _("Mute"),
        _("%s is muted."),
    ),
    "ban": Asked(
        _("Ban %s from this room?"),
        _("They leave at once, and can neither read here nor come back. They see why."),
        _("Ban"),
        _("%s is banned."),
    ),
    "ban-address": Asked(
        _("Ban all guests who come from where %s comes from?"),
        _(
            "Guests from this network leave, and cannot enter this room. Many people can share one "
            "address, so let it last no longer than needed."
        ),
        _("Ban the address"),
        _("The network address of %s is banned."),
    ),
    "remove": Asked(
        _("Remove this message of %s?"),
        _("It leaves a mark that says who removed it. For 30 days it can be brought back."),
        _("Remove"),
        _("The message of %s is removed."),
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@refusals_as_pages
def decide(request, slug, verb):
    """Ask why, and for how long; `?message=` or `?person=` says about whom, `?report=` on what."""
    if verb not in ASKED:
        raise Http404
    room, _mine = moderated(request, slug)
    message = person = report = None
    if pk := number(request.GET.get("report")):
        report = get_object_or_404(room.reports.open().select_related("message", "person"), pk=pk)
        message, person = report.message, report.person
    elif pk := number(request.GET.get("message")):
        message = get_object_or_404(room.messages.visible().select_related("author"), pk=pk)
        person = message.author
    else:
        people = User.objects.visible_to(request.user)
        person = get_object_or_404(people, pk=number(request.GET.get("person")))
    asked = ASKED[verb]
    if verb == "remove":
        form = DecisionForm(sent(request))
        if message is None:
            raise Http404
    else:
        form = TermForm(sent(request))
        form.offer(message=message, has_end=verb == "ban-address")

    @transaction.atomic
    def do(*, too=False, **terms):
        if verb == "remove" or (too and not message.deleted_at):
            why = {key: terms[key] for key in ("reason", "words")}
            message.remove(request.user, report=report, **why)
        if verb != "remove":
            verbs = {"mute": room.mute, "ban": room.ban, "ban-address": room.ban_address}
            verbs[verb](request.user, person, report=report, **terms)
        return asked.done % person.name

    if report:
        form.initial["reason"] = report.reason
    return ask(
        request,
        form,
        do,
        back=reverse("moderation", args=[room.slug]),
        title=asked.title % person.name,
        text=asked.text,
        yes=asked.yes,
        quoted=message,
        is_danger=True,
        room=room,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@refusals_as_pages
def reverse_decision(request, slug, pk):
    room, _mine = moderated(request, slug)
    decision = get_object_or_404(room.log.with_names(), pk=pk)

    def do(**why):
        decision.reverse(request.user, **why)
        return _("It is taken back.")

    return ask(
        request,
        WordsForm(sent(request)),
        do,
        back=reverse("moderation", args=[room.slug]),
        title=_("Take this back?"),
        text=f"{decision.get_kind_display()} · {decision.names.get('person', '')}".strip(" ·"),
        yes=_("Take it back"),
        room=room,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@refusals_as_pages
def dismiss(request, slug, pk):
    room, _mine = moderated(request, slug)
    report = get_object_or_404(room.reports.open().select_related("message", "person"), pk=pk)

    def do(**why):
        report.dismiss(request.user, **why)
        return _("The report is dismissed.")

    return ask(
        request,
        WordsForm(sent(request)),
        do,
        back=reverse("moderation", args=[room.slug]),
        title=_("Dismiss the report?"),
        text=_("There is nothing wrong with it. Who reported it is not told your words."),
        yes=_("Dismiss"),
        quoted=report.message,
        room=room,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@refusals_as_pages
def answer(request, slug, pk, granted):
    """Grant or decline an appeal."""
    room, _mine = moderated(request, slug)
    appeals = Appeal.objects.to_be_answered_by(request.user).select_related("decision")
    appeal = get_object_or_404(appeals, pk=pk, decision__in=room.log)

    def do(**why):
        (appeal.grant if granted else appeal.decline)(request.user, **why)
        return _("The decision is taken back.") if granted else _("The decision stands.")

    return ask(
        request,
        WordsForm(sent(request)),
        do,
        back=reverse("moderation", args=[room.slug]),
        title=_("Take the decision back?") if granted else _("Let the decision stand?"),
        text=appeal.words,
        yes=_("Take it back") if granted else _("Let it stand"),
        room=room,
    )
