"""Parts of every page, kept ready: fifty includes for its icons were half of what a page cost."""

from functools import cache, lru_cache

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> str:
    """A drawing of static/icons.svg, in the size and colour of the text around it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name
    )


@register.simple_tag
def once(template_name: str) -> str:
    """A template that depends on nothing but the language, rendered once for each."""
    return _once(template_name, get_language())


@cache
def _once(template_name: str, language: str) -> str:
    return render_to_string(template_name)


@register.simple_tag
def profile_menu(user) -> str:
    """The menu under one's own name. It has no form in it, its buttons are of those in base.html;
    so it is the same text each time, and made once.
    """
    return _profile_menu(
        get_language(),
        name=user.name,
        avatar_url=user.avatar_url,
        hue=user.hue,
        theme=user.theme,
        is_guest=user.is_guest,
        is_staff=user.is_staff,
    )


@lru_cache(maxsize=1000)
def _profile_menu(language: str, **user) -> str:
    return render_to_string("components/_profile_menu.html", {"user": user})
