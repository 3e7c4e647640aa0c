"""Files: chosen, pasted, dropped, spoken; looked at and heard; and what happens when it fails."""

import re

import pytest
from playwright.sync_api import expect

from tests import files

# Chromium itself writes these to the console.
EXCUSED = ("Failed to load resource", "ERR_FAILED", "ERR_INTERNET_DISCONNECTED", "WebSocket")

PICTURES = [
    {"name": f"hill {n}.jpg", "mimeType": "image/jpeg", "buffer": files.photo("JPEG", (300, 200))}
    for n in range(5)
]
PAPER = {"name": "paper.pdf", "mimeType": "application/pdf", "buffer": files.PDF}

# What a browser hands over when files are pasted or dropped.
HAND_OVER = """([target, type, files, text]) => {
    const data = new DataTransfer();
    for (const { name, type, bytes } of files) {
        data.items.add(new File([new Uint8Array(bytes)], name, { type }));
    }
    for (const [type, value] of Object.entries(text)) data.setData(type, value);
    const options = { bubbles: true, cancelable: true };
    const event = type === "paste"
        ? new ClipboardEvent(type, { ...options, clipboardData: data })
        : new DragEvent(type, { ...options, dataTransfer: data });
    document.querySelector(target).dispatchEvent(event);
}"""


def chooses(person, *chosen):
    with person.page.expect_file_chooser() as chooser:
        person.page.locator(".attach").click()
    chooser.value.set_files(list(chosen))


def hands_over(person, type, *given, target="#body", **text):
    as_json = [
        {"name": file["name"], "type": file["mimeType"], "bytes": list(file["buffer"])}
        for file in given
    ]
    person.page.evaluate(HAND_OVER, [target, type, as_json, text])


def chips(person, state=""):
    return person.page.locator(f".tray-file{state}")


def is_loaded(picture) -> None:
    picture.scroll_into_view_if_needed()
    picture.page.wait_for_timeout(0)
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0


@pytest.fixture
def held(talk):
    """alice's uploads, held on their way: each a route to let go or to break."""
    routes = []
    talk[0].page.route("**/files/", lambda route: routes.append(route))
    return routes


def test_several_files_are_one_message_with_words(talk):
    alice, bob = talk
    chooses(alice, *PICTURES[:3], PAPER)
    expect(chips(alice, ".done")).to_have_count(4)
    alice.writes("From the hut")
    alice.composer.press("Enter")
    row = bob.sees("From the hut")
    expect(bob.messages()).to_have_count(1)
    expect(row.locator(".album img")).to_have_count(3)
    expect(row.locator(".album img").first).to_have_attribute("alt", "hill 0.jpg")
    is_loaded(row.locator(".album img").first)
    expect(row.locator(".file-card")).to_contain_text("paper.pdf")
    expect(chips(alice)).to_have_count(0)
    alice.has_sent_everything()
    alice.page.reload()
    expect(alice.last.locator(".album img")).to_have_count(3)
    expect(chips(alice)).to_have_count(0)


def test_a_card_downloads_under_its_name(talk):
    alice, bob = talk
    chooses(alice, PAPER)
    expect(chips(alice, ".done")).to_have_count(1)
    alice.page.locator(".send").click()
    with bob.page.expect_download() as download:
        bob.page.locator(".file-card").click()
    assert download.value.suggested_filename == "paper.pdf"
    assert download.value.path().read_bytes() == files.PDF


def test_what_is_taken_off_again_is_deleted(talk):
    alice, _ = talk
    chooses(alice, PAPER)
    expect(chips(alice, ".done")).to_have_count(1)
    with alice.page.expect_response("**/discard/") as answer:
        chips(alice).locator(".remove").click()
    assert answer.value.status == 204
    expect(chips(alice)).to_have_count(0)


def test_a_picture_is_pasted(talk):
    alice, bob = talk
    hands_over(alice, "paste", PICTURES[0])
    expect(chips(alice, ".done")).to_have_count(1)
    alice.composer.press("Enter")
    expect(bob.page.locator(".album img")).to_have_count(1)


def test_a_table_that_comes_as_a_picture_too_is_pasted_as_text(talk):
    alice, _ = talk
    hands_over(alice, "paste", PICTURES[0], **{"text/plain": "1\t2", "text/html": "<table>"})
    expect(chips(alice)).to_have_count(0)


def test_files_are_dropped_anywhere_on_the_page(talk):
    alice, bob = talk
    hands_over(alice, "dragover", PICTURES[0], target="#log")
    expect(alice.page.locator("#conversation")).to_have_class("conversation dropping")
    hands_over(alice, "drop", *PICTURES[:2], target="#log")
    expect(alice.page.locator("body")).to_have_class("room-page")
    expect(chips(alice, ".done")).to_have_count(2)
    alice.composer.press("Enter")
    expect(bob.page.locator(".album img")).to_have_count(2)


def test_sending_waits_for_what_is_still_on_its_way(talk, held):
    alice, bob = talk
    chooses(alice, PICTURES[0])
    expect(chips(alice, ".sending").locator("progress")).to_be_visible()
    alice.writes("Look")
    alice.composer.press("Enter")
    expect(alice.page.locator("#count")).to_have_text("Sent as soon as the files are there")
    expect(alice.composer).to_have_value("Look")
    held[0].continue_()
    expect(bob.sees("Look").locator(".album img")).to_have_count(1)
    expect(alice.composer).to_have_value("")


def test_an_upload_is_cancelled_and_the_message_goes_without_it(talk, held):
    alice, bob = talk
    chooses(alice, PICTURES[0], PAPER)
    held[1].continue_()
    expect(chips(alice, ".done")).to_have_count(1)
    alice.page.get_by_role("button", name="Take hill 0.jpg out").click()
    expect(chips(alice)).to_have_count(1)
    alice.composer.press("Enter")
    expect(bob.page.locator(".file-card")).to_contain_text("paper.pdf")
    expect(bob.page.locator(".album")).to_have_count(0)


def test_a_connection_lost_in_the_middle_loses_neither_words_nor_files(talk, held, complaints):
    alice, bob = talk
    chooses(alice, PICTURES[0])
    alice.writes("From the tunnel")
    alice.composer.press("Enter")
    held[0].abort()
    failed = chips(alice, ".failed")
    expect(failed.locator(".note")).to_have_text("The connection broke off.")
    note = alice.page.locator("#count")
    expect(note).to_have_text("1 file cannot be sent: take it out or try again")
    alice.composer.press("Enter")
    expect(note).to_have_class(re.compile("shaken"))
    expect(alice.composer).to_have_value("From the tunnel")
    alice.page.unroute("**/files/")
    failed.get_by_role("button", name="Try hill 0.jpg again").click()
    expect(chips(alice, ".done")).to_have_count(1)
    alice.composer.press("Enter")
    expect(bob.sees("From the tunnel").locator(".album img")).to_have_count(1)
    complaints.excuse(*EXCUSED)


def test_what_is_to_be_sent_later_neither_goes_at_once_nor_without_its_file(talk, held, complaints):
    alice, bob = talk
    send, said = alice.page.locator(".composer .send"), alice.page.locator("#status")
    chooses(alice, PICTURES[0])
    alice.writes("Not before tomorrow")
    alice.composer.press("Enter")
    send.click(button="right")
    expect(said).to_contain_text("The files are still on their way")
    held[0].continue_()
    expect(chips(alice, ".done")).to_have_count(1)
    chooses(alice, PAPER)
    expect(chips(alice, ".sending")).to_have_count(1)
    held[1].abort()
    expect(chips(alice, ".failed")).to_have_count(1)
    alice.page.locator("#composer .format").click()
    alice.page.locator("#composer .later").click()
    expect(said).to_contain_text("1 file cannot be sent")
    alice.page.unroute("**/files/")
    chips(alice, ".failed").locator(".retry").click()
    expect(chips(alice, ".done")).to_have_count(2)
    expect(alice.composer).to_have_value("Not before tomorrow")
    send.click(button="right")
    alice.page.locator("dialog.when").get_by_text("Tomorrow morning").click()
    expect(chips(alice)).to_have_count(0)
    expect(bob.messages()).to_have_count(0)
    alice.visit("/later/")
    item = alice.page.locator(".later-item", has_text="Not before tomorrow")
    expect(item).to_contain_text("hill 0.jpg")
    expect(item).to_contain_text("paper.pdf")
    complaints.excuse(*EXCUSED)


def test_what_failed_offline_goes_by_itself_when_the_connection_is_back(talk, complaints):
    alice, bob = talk
    alice.page.context.set_offline(True)
    chooses(alice, PICTURES[0])
    expect(chips(alice, ".failed")).to_have_count(1)
    alice.page.context.set_offline(False)
    expect(chips(alice, ".done")).to_have_count(1)
    alice.composer.press("Enter")
    expect(bob.page.locator(".album img")).to_have_count(1)
    complaints.excuse(*EXCUSED)


def test_what_failed_goes_by_itself_when_the_server_is_back(talk, complaints):
    alice, _ = talk
    sockets = []

    def keep(socket):
        sockets.append(socket)
        socket.connect_to_server()

    alice.page.route_web_socket("**/ws/**", keep)
    alice.page.reload()
    alice.is_connected()
    alice.page.route("**/files/", lambda route: route.abort())
    chooses(alice, PICTURES[0])
    expect(chips(alice, ".failed")).to_have_count(1)
    alice.page.unroute("**/files/")
    sockets[-1].close()
    expect(chips(alice, ".done")).to_have_count(1)
    complaints.excuse(*EXCUSED)


def test_what_was_uploaded_waits_with_the_draft_over_a_reload(talk):
    alice, bob = talk
    chooses(alice, PICTURES[0], PAPER)
    expect(chips(alice, ".done")).to_have_count(2)
    alice.page.reload()
    alice.is_connected()
    expect(chips(alice, ".done")).to_have_count(2)
    is_loaded(chips(alice).locator("img"))
    alice.composer.press("Enter")
    expect(bob.page.locator(".file-card")).to_have_count(1)


def test_a_message_with_files_waits_in_the_outbox_while_the_server_is_away(talk, complaints):
    alice, bob = talk
    chooses(alice, PICTURES[0])
    expect(chips(alice, ".done")).to_have_count(1)
    alice.page.context.set_offline(True)
    alice.composer.press("Enter")
    expect(alice.page.locator("#outbox .album img")).to_have_count(1)
    alice.page.context.set_offline(False)
    expect(bob.page.locator(".album img")).to_have_count(1)
    alice.has_sent_everything()
    complaints.excuse(*EXCUSED)


def test_what_is_too_large_or_too_many_is_said_before_it_is_sent(talk):
    alice, _ = talk
    alice.page.evaluate(
        """async () => {
            const url = document.querySelector("script[src*='room/main']").src;
            const code = await (await fetch(url)).text();
            const name = code.match(/["'](\\.\\/page[^"']*)["']/)[1];
            (await import(new URL(name, url))).config.limits.file = 100;
        }"""
    )
    chooses(alice, PICTURES[0])
    expect(chips(alice, ".failed").locator(".note")).to_contain_text("at most 100 B can be sent")
    expect(chips(alice).locator(".retry")).to_be_hidden()
    small = [{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"x"} for n in range(12)]
    chooses(alice, *small)
    expect(chips(alice)).to_have_count(10)
    expect(alice.page.locator("#count")).to_have_text("A message has at most 10 files.")


def test_what_the_server_refuses_says_why(talk, site, complaints):
    alice, _ = talk
    chooses(alice, {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""})
    expect(chips(alice, ".failed").locator(".note")).to_have_text("This file is empty.")
    expect(chips(alice).locator(".retry")).to_be_hidden()
    complaints.excuse(*EXCUSED)


@pytest.fixture
def album(talk):
    alice, bob = talk
    chooses(alice, *PICTURES[:3])
    expect(chips(alice, ".done")).to_have_count(3)
    alice.composer.press("Enter")
    expect(bob.page.locator(".album img")).to_have_count(3)
    return bob


def test_a_picture_is_looked_at_in_full_with_the_keyboard(album):
    page, box = album.page, album.page.locator(".lightbox")
    links = page.locator("a.picture")
    links.first.focus()
    page.keyboard.press("Enter")
    expect(box.locator(".number")).to_have_text("1 of 3")
    expect(box.locator("img")).to_have_attribute("alt", "hill 0.jpg")
    is_loaded(box.locator("img"))
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(box.locator(".number")).to_have_text("3 of 3")
    expect(box.locator("[data-step='1']")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    expect(box.locator(".name")).to_have_text("hill 1.jpg")
    with page.expect_download() as download:
        box.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "hill 1.jpg"
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(links.nth(1)).to_be_focused()


def test_pictures_are_described_before_they_are_sent(talk, complaints):
    alice, bob = talk
    page = alice.page
    chooses(alice, *PICTURES[:2], PAPER)
    expect(chips(alice, ".done")).to_have_count(3)
    expect(page.locator(".tray .describe:visible")).to_have_count(2)
    page.locator(".tray .describe").nth(1).focus()
    page.keyboard.press("Enter")
    words = page.get_by_label("For who listens")
    words.fill("木" * 1001)
    words.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="1001")).to_be_visible()
    complaints.excuse("Failed to load resource")
    words.fill("A path into the fog")
    words.press("Enter")
    expect(words).to_have_count(0)
    expect(chips(alice).nth(1).locator(".note")).to_have_text("A path into the fog")
    expect(page.locator(".tray .describe").nth(1)).to_be_focused()
    page.reload()
    expect(chips(alice).nth(1).locator(".note")).to_have_text("A path into the fog")
    alice.sends("Two hills")
    pictures = bob.sees("Two hills").locator(".album img")
    expect(pictures.first).to_have_attribute("alt", "hill 0.jpg")
    expect(pictures.nth(1)).to_have_attribute("alt", "A path into the fog")


def test_a_picture_is_described_after_it_was_sent(talk, album):
    alice, bob = talk
    page, box = alice.page, alice.page.locator(".lightbox")
    theirs = bob.page.locator(".album img")
    page.locator("a.picture").first.click()
    box.locator(".describe").click()
    page.get_by_label("For who listens").fill("Sun over the ridge")
    page.get_by_role("button", name="Save").click()
    expect(box.locator("figcaption")).to_have_text("Sun over the ridge")
    expect(theirs.first).to_have_attribute("alt", "Sun over the ridge")
    expect(theirs.nth(1)).to_have_attribute("alt", "hill 1.jpg")
    page.keyboard.press("ArrowRight")
    expect(box.locator("figcaption")).to_have_text("")
    page.keyboard.press("ArrowLeft")
    expect(box.locator("figcaption")).to_have_text("Sun over the ridge")
    page.keyboard.press("Escape")
    expect(page.locator("a.picture").first).to_be_focused()
    theirs.first.click()
    expect(bob.page.locator(".lightbox img")).to_have_attribute("alt", "Sun over the ridge")
    expect(bob.page.locator(".lightbox .describe")).to_be_hidden()


def test_places_are_reserved_before_the_pictures_come(album):
    album.page.route("**/files/**", lambda route: None)
    album.page.reload()
    heights = "images => images.map(image => image.getBoundingClientRect().height)"
    assert min(album.page.locator(".album img").evaluate_all(heights)) > 100


def test_deleted_pictures_are_gone_for_all(talk, album, complaints):
    alice, bob = talk
    url = bob.page.locator("a.picture").first.get_attribute("href")
    assert bob.page.request.get(bob.url + url).status == 200
    alice.deletes(alice.last)
    expect(bob.page.locator(".album")).to_have_count(0)
    assert bob.page.request.get(bob.url + url).status == 404
    complaints.excuse(*EXCUSED)


def test_words_can_be_taken_from_pictures_that_stay(talk, album):
    alice, bob = talk
    alice.composer.press("ArrowUp")
    field = alice.page.locator(".edit textarea")
    field.fill("Three hills")
    field.press("Enter")
    bob.sees("Three hills")
    alice.sees("Three hills")
    expect(field).not_to_be_attached()
    alice.composer.press("ArrowUp")
    field.fill("")
    field.press("Enter")
    expect(bob.last.locator(".body")).to_be_empty()
    expect(bob.last.locator(".album img")).to_have_count(3)


def test_a_video_and_a_sound_play_in_place(talk):
    alice, bob = talk
    film = {"name": "film.webm", "mimeType": "video/webm", "buffer": files.film()}
    song = {"name": "song.wav", "mimeType": "audio/wav", "buffer": files.sound(2)}
    chooses(alice, film, song)
    expect(chips(alice, ".done")).to_have_count(2)
    alice.composer.press("Enter")
    for tag in ("video", "audio"):
        player = bob.page.locator(f".files {tag}")
        player.evaluate("player => { player.muted = true; return player.play(); }")
        expect(player).not_to_have_js_property("currentTime", 0)
    assert bob.page.locator("video").evaluate("video => video.duration") == pytest.approx(
        2, abs=0.3
    )


def speaks(person) -> None:
    """For a second, into the microphone that is held."""
    person.page.context.grant_permissions(["microphone"])
    person.page.locator(".mic").hover()
    person.page.mouse.down()
    expect(person.page.locator(".recording .number")).to_have_text("0:01")
    person.page.mouse.up()


def test_a_voice_note_is_recorded_by_holding_and_heard(talk):
    alice, bob = talk
    speaks(alice)
    voice = bob.page.locator(".voice")
    expect(voice).to_be_visible()
    path = voice.locator("path").first.get_attribute("d")
    assert path.count("M") == 48
    voice.get_by_role("button", name="Speed").click()
    expect(voice.locator(".speed")).to_have_text("1.5×")
    voice.get_by_role("button", name="Play").click()
    expect(voice).to_have_class("voice begun playing")
    expect(voice).to_have_class("voice")
    assert voice.locator("audio").evaluate("audio => audio.playbackRate") == 1.5
    assert voice.locator("audio").evaluate("audio => Number.isFinite(audio.duration)")


def test_a_voice_note_is_sought_by_the_keyboard(talk):
    alice, bob = talk
    speaks(alice)
    voice = bob.page.locator(".voice")
    position = voice.get_by_role("slider", name="Position")
    position.press("End")
    expect(voice.locator("audio")).to_have_js_property("ended", True)
    position.press("ArrowRight")
    expect(voice).to_have_class("voice begun playing")


def test_a_microphone_that_was_let_go_before_it_was_allowed_stays_off(talk):
    alice, _ = talk
    alice.page.evaluate(
        """() => {
            const devices = navigator.mediaDevices;
            const ask = devices.getUserMedia.bind(devices);
            window.streams = [];
            window.allowed = new Promise((resolve) => (window.allow = resolve));
            devices.getUserMedia = async (wanted) => {
                const stream = await ask(wanted);
                streams.push(stream);
                await allowed;
                return stream;
            };
        }"""
    )
    bar, mic = alice.page.locator(".recording"), alice.page.locator(".mic")
    for _ in range(2):
        mic.hover()
        alice.page.mouse.down()
        expect(bar.locator(".while-held")).to_be_visible()
        alice.page.mouse.up()
        expect(bar).to_contain_text("Press again to send")
        if not alice.page.evaluate("streams.length > 1"):
            mic.click()
            expect(bar).to_have_count(0)
    alice.page.evaluate("allow()")
    expect(bar.locator(".number")).to_have_text("0:01")
    mic.click()
    expect(bar).to_have_count(0)
    live = "streams.flatMap(one => one.getTracks()).filter(one => one.readyState === 'live').length"
    assert alice.page.evaluate(live) == 0


def test_a_recording_can_be_dropped(talk):
    alice, bob = talk
    alice.page.context.grant_permissions(["microphone"])
    mic = alice.page.locator(".mic")
    mic.focus()
    alice.page.keyboard.press("Enter")
    expect(alice.page.locator(".recording .number")).to_have_text("0:01")
    alice.page.keyboard.press("Escape")
    expect(alice.page.locator(".recording")).to_have_count(0)
    alice.sends("Rather in writing")
    bob.sees("Rather in writing")
    expect(bob.page.locator(".voice")).to_have_count(0)


def test_on_a_phone_everything_fits(new_person, cookies, talk, album):
    phone = new_person(
        storage_state=cookies("charlie"),
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
    )
    alice, _ = talk
    phone.join_room(alice.page.url.removeprefix(alice.url))
    chooses(phone, *PICTURES[:4], PAPER)
    expect(chips(phone, ".done")).to_have_count(5)
    assert not phone.scrolls_sideways()
    phone.page.locator(".send").tap()
    expect(phone.last.locator(".album img")).to_have_count(4)
    assert not phone.scrolls_sideways()
    phone.last.locator("a.picture").first.tap()
    expect(phone.page.locator(".lightbox .number")).to_have_text("4 of 7")
    box = phone.page.locator(".lightbox img").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    phone.page.get_by_role("button", name="Close").tap()
    expect(phone.page.locator(".lightbox")).to_be_hidden()


def test_without_scripts_files_are_sent_and_seen(new_person, cookies, room):
    plain = new_person(storage_state=cookies("alice"), java_script_enabled=False)
    plain.visit(room)
    plain.page.set_input_files("[name=file]", [PICTURES[0], PAPER])
    plain.page.fill("#body", "By an old browser")
    plain.page.get_by_role("button", name="Send with files").click()
    expect(plain.last).to_contain_text("By an old browser")
    expect(plain.last.locator(".album img")).to_have_count(1)
    expect(plain.last.locator(".file-card")).to_have_count(1)
