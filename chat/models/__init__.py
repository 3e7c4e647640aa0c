from chat.models.attachment import Attachment
from chat.models.block import Block
from chat.models.carrying import Carried, Origin, StandIn
from chat.models.device import PushDevice
from chat.models.draft import Draft, ThreadDraft
from chat.models.edit import MessageEdit
from chat.models.held import Held
from chat.models.invitation import Invitation
from chat.models.membership import Membership
from chat.models.mention import Mention
from chat.models.merging import Address
from chat.models.message import Message
from chat.models.moderation.decision import Appeal, Decision
from chat.models.moderation.filter import Filter
from chat.models.moderation.removal import Removal
from chat.models.moderation.report import Report
from chat.models.moderation.restraint import Restraint
from chat.models.moderation.why import Reason
from chat.models.notice import Notice
from chat.models.poll import Vote, new_poll
from chat.models.post import Post
from chat.models.preview import Preview
from chat.models.reaction import Reaction
from chat.models.reminder import Reminder
from chat.models.room import Room
from chat.models.scheduled import Scheduled
from chat.models.search import ModeratorsSearch, Search
from chat.models.takeout import Takeout
from chat.models.thread import ThreadReader
from chat.models.wishes import NoticeWishes

__all__ = [
    "Address",
    "Appeal",
    "Attachment",
    "Block",
    "Carried",
    "Decision",
    "Draft",
    "Filter",
    "Held",
    "Invitation",
    "Membership",
    "Mention",
    "Message",
    "MessageEdit",
    "ModeratorsSearch",
    "Notice",
    "NoticeWishes",
    "Origin",
    "Post",
    "Preview",
    "PushDevice",
    "Reaction",
    "Reason",
    "Reminder",
    "Removal",
    "Report",
    "Restraint",
    "Room",
    "Scheduled",
    "Search",
    "StandIn",
    "Takeout",
    "ThreadDraft",
    "ThreadReader",
    "Vote",
    "new_poll",
]
