"""Times in words, as lists show them."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from chat.templatetags.times import ahead

A_MOMENT = timedelta(seconds=5)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=7), "in 1 week"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(hours=47), "in 2 days"),
        (timedelta(hours=23, minutes=50), "in 1 day"),
        (timedelta(hours=5), "in 5 hours"),
        (timedelta(minutes=59), "in 59 minutes"),
        (timedelta(seconds=20), "in 1 minute"),
    ],
)
def test_what_has_just_begun_has_all_its_time(left, words):
    with translation.override("en"):
        assert ahead(timezone.now() + left - A_MOMENT).replace("\xa0", " ") == words
