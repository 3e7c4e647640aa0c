"""A project as `startproject` makes it, with its middleware and one async view; and without them.

What the pages are compared with. BENCH_MIDDLEWARE=1 puts the middleware in.
"""

import os

from django.conf import settings

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1"],
    SECRET_KEY="bench",
    DEBUG=False,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    MIDDLEWARE=MIDDLEWARE if os.environ.get("BENCH_MIDDLEWARE") else [],
)

from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path


async def bare(request):
    return HttpResponse("A bare async view")


urlpatterns = [path("", bare)]
application = get_asgi_application()
