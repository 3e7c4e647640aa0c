import json

from django.conf import settings

from chat.markup import emoji


def test_the_composer_offers_the_names_that_markdown_knows():
    """When this fails, run bin/emoji."""
    offered = json.loads((settings.BASE_DIR / "static/js/room/emoji.json").read_text())
    assert len(offered) > 1500
    assert {name: emoji.named(f":{name}:") for name in offered} == offered
