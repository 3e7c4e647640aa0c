from django.urls import path, register_converter
from django.urls.converters import StringConverter

from chat.views import (
    activity,
    conversation,
    direct,
    edits,
    files,
    home,
    invitations,
    later,
    members,
    notices,
    offline,
    pins,
    previews,
    rooms,
    search,
    tallies,
    threads,
)


class RoomSlug(StringConverter):
    """Letters of any script, digits, - and _; so no NUL, which PostgreSQL refuses to look for."""

    regex = r"[-\w]+"


register_converter(RoomSlug, "room")

urlpatterns = [
    path("", home.home, name="home"),
    path("rooms/", rooms.rooms, name="rooms"),
    path("rooms/new/", rooms.new_room, name="new_room"),
    path("rooms/<room:slug>/", conversation.room, name="room"),
    path("rooms/<room:slug>/messages/", conversation.messages, name="messages"),
    path("rooms/<room:slug>/messages/<int:pk>/who/", tallies.who, name="who"),
    path("rooms/<room:slug>/files/", files.upload, name="upload"),
    path("rooms/<room:slug>/messages/<int:pk>/edits/", edits.edits, name="edits"),
    path("rooms/<room:slug>/pins/", pins.pins, name="pins"),
    path("rooms/<room:slug>/pins/<int:pk>/remove/", pins.unpin, name="unpin"),
    path("rooms/<room:slug>/join/", rooms.join_room, name="join_room"),
    path("rooms/<room:slug>/leave/", rooms.leave_room, name="leave_room"),
    path("rooms/<room:slug>/edit/", rooms.edit_room, name="edit_room"),
    path("rooms/<room:slug>/archive/", rooms.archive_room, name="archive_room"),
    path("rooms/<room:slug>/members/", members.members, name="members"),
    path("rooms/<room:slug>/members/names/", members.member_names, name="member_names"),
    path("rooms/<room:slug>/members/<int:pk>/remove/", members.remove_member, name="remove_member"),
    path("rooms/<room:slug>/members/<int:pk>/role/", members.set_role, name="set_role"),
    path("rooms/<room:slug>/messages/scheduled/", later.schedule, name="schedule"),
    path("rooms/<room:slug>/messages/<int:pk>/remind/", later.remind, name="remind"),
    path("rooms/<room:slug>/notices/", notices.room_notices, name="room_notices"),
    path("rooms/<room:slug>/invitations/", invitations.invitations, name="invitations"),
    path(
        "rooms/<room:slug>/invitations/<int:pk>/revoke/",
        invitations.revoke_invitation,
        name="revoke_invitation",
    ),
    path("activity/", activity.activity, name="activity"),
    path("direct/", direct.direct, name="direct"),
    path("direct/names/", direct.direct_names, name="direct_names"),
    path("direct/here/", direct.here, name="here"),
    path("people/<int:pk>/block/", direct.block, name="block"),
    path("people/<int:pk>/unblock/", direct.unblock, name="unblock"),
    path("threads/", threads.threads, name="threads"),
    path("search/", search.search, name="search"),
    path("files/<int:pk>/thumbnail/", files.thumbnail, name="thumbnail"),
    path("files/<int:pk>/<str:name>", files.file, name="file"),
    path("previews/<slug:token>.webp", previews.picture, name="preview"),
    path("invite/<slug:token>/", invitations.invitation, name="invitation"),
    path("later/", later.later, name="later"),
    path("later/<int:pk>/", later.edit_scheduled, name="edit_scheduled"),
    path("later/<int:pk>/send/", later.send_scheduled, name="send_scheduled"),
    path("later/<int:pk>/cancel/", later.cancel_scheduled, name="cancel_scheduled"),
    path("later/reminders/<int:pk>/forget/", later.forget_reminder, name="forget_reminder"),
    path("notices/", notices.notices, name="notices"),
    path("notices/log/", notices.notice_log, name="notice_log"),
    path("notices/devices/", notices.devices, name="devices"),
    path("notices/devices/unsubscribe/", notices.unsubscribe, name="unsubscribe"),
    path("notices/devices/<int:pk>/remove/", notices.remove_device, name="remove_device"),
    path("notices/devices/<int:pk>/test/", notices.test_device, name="test_device"),
    path("offline/", offline.offline, name="offline"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("service-worker.js", offline.service_worker, name="service_worker"),
]
