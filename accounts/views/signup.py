from allauth.account.views import SignupView as AllauthSignupView
from django.contrib.auth.models import AnonymousUser

from accounts.names import clean
from chat.errors import Taken


class SignupView(AllauthSignupView):
    """allauth's, for guests as well: they keep what they wrote and become full members."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and request.user.is_guest:
            # To allauth a guest is nobody yet, else it would send them away from here.
            request.guest, request.user = request.user, AnonymousUser()
        return super().dispatch(request, *args, **kwargs)

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


signup = SignupView.as_view()
