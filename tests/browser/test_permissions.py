"""What pages may ask the browser for."""

USED = {"microphone", "camera", "autoplay", "clipboard-write", "fullscreen", "picture-in-picture"}


def test_a_page_may_use_the_microphone_and_not_the_place_where_one_is(alice, room):
    said = []
    alice.page.on("console", lambda one: said.append(one.text))
    alice.join_room(room)
    allowed = set(alice.page.evaluate("document.featurePolicy.allowedFeatures()"))
    assert allowed >= USED
    assert not allowed & {"geolocation", "display-capture", "payment", "usb"}
    assert not [one for one in said if "Permissions-Policy" in one]  # of a name it does not know
