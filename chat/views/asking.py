"""A form that asks why before something is done: a page, or with `?part` what a dialog shows."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from chat.errors import ChatError, NotFound


def ask(request, form, do, *, back: str, **shown):
    """Show `form` until it is sent and `do(**cleaned_data)` went well; that gives what to say.

    Then a dialog gets these words, and a page goes `back`. `shown`: see chat/_ask.html.
    """
    is_part = "part" in request.GET
    if form.is_valid():
        try:
            done = do(**form.cleaned_data)
        except NotFound:
            raise
        except ChatError as error:
            form.add_error(None, str(error.message))
        else:
            if is_part:
                return HttpResponse(done, content_type="text/plain; charset=utf-8")
            messages.success(request, done)
            return redirect(back)
    context = {"form": form, "back": back, "is_part": is_part, **shown}
    template = "chat/_ask.html" if is_part else "chat/ask.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


def sent(request):
    """The fields of the form, once it is sent; also where nothing was filled in."""
    return request.POST if request.method == "POST" else None
