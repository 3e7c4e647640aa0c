from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber

NAMED = 50  # people whose ids are told with each choice; of more only the number is


def tally(rows: QuerySet, choice: str) -> list[dict]:
    """How many people made which choice, the earliest first, and the ids of the first of them.

    `rows` each have a `user` and a field `choice`. A list of {"key", "count", "who"}, which stays
    short however many there are.
    """
    found = (
        rows.annotate(
            place=Window(RowNumber(), partition_by=F(choice), order_by="pk"),
            count=Window(Count("pk"), partition_by=F(choice)),
        )
        .filter(place__lte=NAMED)
        .order_by("pk")
        .values_list(choice, "count", "user_id")
    )
    choices: dict[str, dict] = {}
    for key, count, user_id in found:
        choices.setdefault(key, {"key": key, "count": count, "who": []})["who"].append(user_id)
    return list(choices.values())
