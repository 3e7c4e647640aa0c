from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from accounts.forms import AvatarForm, HearsFromForm, ProfileForm
from accounts.models import User
from chat.errors import ChatError
from chat.models import Takeout


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request):
    """One's own profile. The picture has forms of its own: `take_avatar` and `drop_avatar`; and so
    has `hears_from`, who may write to one."""
    form, picture = ProfileForm(instance=request.user), AvatarForm()
    reach = HearsFromForm(instance=request.user)
    if request.method == "POST":
        # A form that fails must not change the person that the page around it shows.
        me = User.objects.get(pk=request.user.pk)
        if "take_avatar" in request.POST:
            picture = AvatarForm(request.POST, request.FILES)
            done = attempt(picture, "avatar", lambda data: me.take_avatar(data["avatar"]))
        elif "drop_avatar" in request.POST:
            me.drop_avatar()
            done = True
        elif "hears_from" in request.POST:
            reach = HearsFromForm(request.POST, instance=me)
            done = attempt(reach, "hears_from", lambda data: me.hear_from(**data))
        else:
            form = ProfileForm(request.POST, instance=me)
            done = attempt(form, "display_name", lambda data: me.edit_profile(**data))
        if done:
            with override(me.language or None):
                messages.success(request, _("Your profile is saved."))
            return redirect("profile")
    blocks = request.user.blocks.select_related("blocked").order_by("-pk")
    context = {"form": form, "picture": picture, "reach": reach, "blocks": blocks}
    context["takeout"] = Takeout.of(request.user)
    return render(request, "accounts/profile.html", context)


def attempt(form, field: str, verb) -> bool:
    """Do `verb` with what the form holds; what it refuses is shown beside `field`."""
    if form.is_valid():
        try:
            verb(form.cleaned_data)
        except ChatError as error:
            form.add_error(field, str(error.message))
    return form.is_valid()
