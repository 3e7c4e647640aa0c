"""What a Channels tutorial makes: one group member, one dispatch and one JSON text per socket."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

import django

django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer


class IdiomaticConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add("room", self.channel_name)
        await self.accept()
        await self.send_json({"type": "welcome"})

    async def disconnect(self, code):
        await self.channel_layer.group_discard("room", self.channel_name)

    async def receive_json(self, content):
        await self.channel_layer.group_send("room", {"type": "chat.message", "frame": content})
        await self.send_json({"type": "ack"})

    async def chat_message(self, event):
        await self.send_json(event["frame"])

    @classmethod
    async def encode_json(cls, content):
        import json

        return json.dumps(content, separators=(",", ":"))


application = IdiomaticConsumer.as_asgi()
