from django.contrib.auth import login
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.addresses import client_ip
from accounts.forms import GuestForm
from accounts.models import User
from chat import limits
from chat.errors import ChatError, TooFast


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def guest(request):
    """Enter with a nickname only."""
    goal = next_url(request)
    if request.user.is_authenticated:
        return redirect(goal)
    form = GuestForm(request.POST or None)
    status = 200
    if form.is_valid():
        try:
            enter(request, form.cleaned_data["nickname"])
            return redirect(goal)
        except ChatError as error:
            form.add_error("nickname", str(error.message))
            status = 429 if isinstance(error, TooFast) else 200
    return render(request, "accounts/guest.html", {"form": form, "next": goal}, status=status)


def enter(request, nickname: str) -> None:
    User.usable_name(nickname)  # a name that will not do costs no try
    limits.spend("guest", client_ip(request))
    User.objects.expire_guests()
    person = User.objects.enter_as_guest(nickname, client_ip(request))
    login(request, person)
    request.session.set_expiry(int(User.GUEST_SESSION.total_seconds()))


def next_url(request) -> str:
    """Where to go afterwards; only within this site."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if is_ours else resolve_url("home")
