"""The site as an app: what the browser keeps, and what it needs to install it."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from rjsmin import jsmin


@require_safe
def offline(request):
    return render(request, "offline.html")


@require_safe
def service_worker(request):
    """Served from the root: a worker looks after no more than its own folder."""
    code = jsmin(render_to_string("service-worker.js", request=request))
    return HttpResponse(code, content_type="text/javascript")


@require_safe
def manifest(request):
    """What the site is as an installed app."""
    icons = [("192.png", "192x192", "any"), ("512.png", "512x512", "any")]
    icons += [("maskable.png", "512x512", "maskable")]
    about = {
        "id": "/",
        "name": "Chatsite",
        "short_name": "Chatsite",
        "lang": get_language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#fcfaf7",
        "theme_color": "#fcfaf7",
        "icons": [
            {
                "src": static(f"icons/{name}"),
                "sizes": sizes,
                "type": "image/png",
                "purpose": purpose,
            }
            for name, sizes, purpose in icons
        ],
    }
    return JsonResponse(about, content_type="application/manifest+json")
