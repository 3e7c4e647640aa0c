"""What a forwarded message says of where it comes from.

The fragment of a message is the same for all its readers. So it names only what each of them may
know: a room that all of them could open, an author who is among them or speaks in such a room.
"""

from chat.models.membership import Membership


def origin_of(message, room) -> dict:
    """For the copy of `message` in `room`: `author` {id, name}, `room` {slug, name}; or neither."""
    source = message.room
    if message.forwarded is not None:
        return {}  # who wrote it first is not known to be known here
    is_public = source.kind == "public" and (source.guests_allowed or not room.guests_allowed)
    author = {"id": message.author_id, "name": message.author.name}
    if is_public:
        where = {"slug": source.slug, "name": source.name, "id": message.pk}
        return {"author": author, "room": where}
    if Membership.objects.filter(room=room, user=message.author_id).exists():
        return {"author": author}
    return {}
