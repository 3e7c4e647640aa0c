from chat.models.attachment import Attachment
from chat.models.edit import MessageEdit
from chat.models.invitation import Invitation
from chat.models.membership import Membership
from chat.models.message import Message
from chat.models.poll import Vote, new_poll
from chat.models.reaction import Reaction
from chat.models.room import Room

__all__ = [
    "Attachment",
    "Invitation",
    "Membership",
    "Message",
    "MessageEdit",
    "Reaction",
    "Room",
    "Vote",
    "new_poll",
]
