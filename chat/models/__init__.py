from chat.models.invitation import Invitation
from chat.models.message import Message
from chat.models.room import Membership, Room

__all__ = ["Invitation", "Membership", "Message", "Room"]
