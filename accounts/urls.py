from allauth.socialaccount.providers.github.views import oauth2_login as github_login
from allauth.socialaccount.providers.google.views import oauth2_login as google_login
from allauth.socialaccount.providers.openid_connect.views import login as openid_connect_login
from django.urls import path

from accounts.views import avatars, choices, guests, people, profile, sessions
from accounts.views.entrance import login, signup
from accounts.views.leaving import leaving

# Those that allauth has as well come first here, and so are ours.
urlpatterns = [
    path("accounts/login/", login, name="account_login"),
    path("accounts/signup/", signup, name="account_signup"),
    path("accounts/github/login/", leaving(github_login, "github"), name="github_login"),
    path("accounts/google/login/", leaving(google_login, "google"), name="google_login"),
    path(
        "accounts/oidc/<str:provider_id>/login/",
        leaving(openid_connect_login, "openid_connect"),
        name="openid_connect_login",
    ),
    path("accounts/sessions/<int:pk>/revoke/", sessions.revoke_session, name="revoke_session"),
    path("accounts/guest/", guests.guest, name="guest"),
    path("accounts/profile/", profile.profile, name="profile"),
    path(
        "accounts/avatar/<int:hue>/<str:initials>.svg",
        avatars.generated_avatar,
        name="generated_avatar",
    ),
    path("media/<path:path>", avatars.media, name="media"),
    path("people/<int:pk>/", people.person, name="person"),
    path("language/", choices.set_language, name="set_language"),
    path("theme/", choices.set_theme, name="theme"),
]
