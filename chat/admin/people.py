"""What moderators have to know of a person, beside what others see of them."""

from allauth.usersessions.models import UserSession

from chat.models import Decision, Report, Restraint

SHOWN = 10


def history_of(person, viewer) -> dict:
    """What was decided and reported about `person`, the newest first, and what is in force.

    Of reports about themselves nobody is told: they would learn who it was.
    """
    decisions = Decision.objects.with_names().filter(person=person.pk).order_by("-pk")
    reports = Report.objects.filter(person=person.pk).select_related("decision").order_by("-pk")
    restraints = Restraint.objects.on(person).select_related("room", "decision").order_by("-pk")
    return {
        "person": person,
        "decisions": decisions[:SHOWN],
        "reports": None if person == viewer else reports[:SHOWN],
        "restraints": restraints[:SHOWN],
        "sessions": UserSession.objects.filter(user=person.pk).count(),
    }
