from django.urls import path

from chat.views import conversation, home, invitations, members, rooms

urlpatterns = [
    path("", home.home, name="home"),
    path("rooms/", rooms.rooms, name="rooms"),
    path("rooms/new/", rooms.new_room, name="new_room"),
    path("rooms/<str:slug>/", conversation.room, name="room"),
    path("rooms/<str:slug>/messages/", conversation.messages, name="messages"),
    path("rooms/<str:slug>/join/", rooms.join_room, name="join_room"),
    path("rooms/<str:slug>/leave/", rooms.leave_room, name="leave_room"),
    path("rooms/<str:slug>/edit/", rooms.edit_room, name="edit_room"),
    path("rooms/<str:slug>/archive/", rooms.archive_room, name="archive_room"),
    path("rooms/<str:slug>/members/", members.members, name="members"),
    path("rooms/<str:slug>/members/<int:pk>/remove/", members.remove_member, name="remove_member"),
    path("rooms/<str:slug>/members/<int:pk>/role/", members.set_role, name="set_role"),
    path("rooms/<str:slug>/invitations/", invitations.invitations, name="invitations"),
    path(
        "rooms/<str:slug>/invitations/<int:pk>/revoke/",
        invitations.revoke_invitation,
        name="revoke_invitation",
    ),
    path("invite/<str:token>/", invitations.invitation, name="invitation"),
]
