"""allauth's doors, open to guests as well.

To allauth a guest is signed in, and would be sent away from here.
"""

from allauth.account import views as allauth
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser

from accounts.names import clean
from chat.errors import Taken


class OpenToGuests:
    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and request.user.is_guest:
            request.guest, request.user = request.user, AnonymousUser()
        return super().dispatch(request, *args, **kwargs)


class LoginView(OpenToGuests, allauth.LoginView):
    """For a guest who has an account already: the guest leaves, its owner comes."""

    def form_valid(self, form):
        if hasattr(self.request, "guest"):
            logout(self.request)
        return super().form_valid(form)


class SignupView(OpenToGuests, allauth.SignupView):
    """For a guest too: they keep what they wrote and become a full member."""

    def get_initial(self):
        guest = getattr(self.request, "guest", None)
        initial = super().get_initial()
        return {"username": clean(guest.name).replace(" ", "_"), **initial} if guest else initial

    def form_valid(self, form):
        try:
            return super().form_valid(form)
        except Taken as error:  # by somebody who was quicker by a moment
            form.add_error("username", str(error.message))
            return self.form_invalid(form)


login = LoginView.as_view()
signup = SignupView.as_view()
