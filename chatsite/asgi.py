"""The application that a server serves: pages over HTTP, the conversation over a WebSocket."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

import django

django.setup()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from servestatic import ServeStaticASGI

from chat.routing import websocket_urlpatterns
from chat.wire import keep_wire
from chatsite.handler import OneHopHandler
from chatsite.origins import OwnPagesOnly
from chatsite.single import refuse_second_process
from chatsite.staticfiles import HASHED

refuse_second_process()

pages = ServeStaticASGI(
    OneHopHandler(),
    root=settings.STATIC_ROOT,
    prefix=settings.STATIC_URL,
    immutable_file_test=HASHED,
)
sockets = OwnPagesOnly(
    AuthMiddlewareStack(URLRouter(websocket_urlpatterns)), settings.ALLOWED_ORIGINS
)

application = ProtocolTypeRouter({"http": pages, "websocket": keep_wire(sockets)})
