"""Run by manage.py shell in the measured site: people with sessions, all members of one room.

Prints as JSON the room's slug and the session keys. How many of what comes by the environment:
BENCH_PEOPLE, BENCH_MESSAGES in the room, BENCH_ROOMS beside it.
"""

import json
import os
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from chat import limits
from chat.models import Membership, Room

User = get_user_model()


def people(count: int) -> tuple[str, list[str]]:
    users = [User(username=f"bench{n:05}", name_key=f"bench{n:05}") for n in range(count)]
    for user in users:
        user.set_unusable_password()
    users = User.objects.bulk_create(users)
    room = Room.create(users[0], "Bench")
    Membership.objects.bulk_create([Membership(room=room, user=user) for user in users[1:]])
    Room.objects.filter(pk=room.pk).update(members_count=count)
    sessions = []
    for user in users:
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        sessions.append(
            Session(
                session_key=store._get_new_session_key(),
                session_data=store.encode(store._session),
                expire_date=timezone.now() + timedelta(days=1),
            )
        )
    Session.objects.bulk_create(sessions)
    return room.slug, [session.pk for session in sessions]


def furnish(slug: str, messages: int, rooms: int) -> None:
    members = list(User.objects.all()[:8])
    room = Room.objects.get(slug=slug)
    with limits.lifted():
        for n in range(messages):
            room.post(members[n % len(members)], f"Message {n}: the kettle is on, **come** over.")
        for n in range(rooms):
            # Nobody sits in a thousand rooms: the readers of the bench are in one.
            Room.create(members[-1], f"Room {n}", topic="One of many")


slug, keys = people(int(os.environ["BENCH_PEOPLE"]))
furnish(slug, int(os.environ.get("BENCH_MESSAGES", 0)), int(os.environ.get("BENCH_ROOMS", 0)))
print(json.dumps({"room": slug, "sessions": keys}))
