from django.contrib import admin
from django.http import Http404
from django.urls import include, path, re_path


def nowhere(request):
    raise Http404


urlpatterns = [
    re_path("\0", nowhere),  # which PostgreSQL refuses to look for, and allauth would ask it to
    path("", include("chat.urls")),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
