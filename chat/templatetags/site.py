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
def named(label: str, keys: str = "") -> str:
    """The attributes of a control without text: its name for who hears it, and for who points at
    it, that with the `keys` which do the same.
    """
    title = f"{label} · {keys}" if keys else label
    return format_html('aria-label="{}" title="{}"', label, title)


@register.simple_tag
def once(template_name: str, **values: str | int | bool | None) -> str:
    """A template that depends on nothing but the language and `values`, rendered once for each.

    So it knows no request and has no form of its own: its buttons are of the forms in base.html.
    """
    return _once(template_name, get_language(), **values)


@lru_cache(maxsize=5000)
def _once(template_name: str, language: str, **values) -> str:
    return render_to_string(template_name, values)
