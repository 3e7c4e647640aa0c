"""What moderators decide in a room and about its people, and how it is told, kept and taken back.

`Decision` is the log, which only grows. `Restraint` and `Removal` are what is in force now. The
verbs are those of the things themselves: `room.mute()`, `message.remove()`, `decision.reverse()`.
"""
