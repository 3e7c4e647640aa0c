/** Saying a message again in another of one's rooms. */

import { $, $$, copyOf, idOf, make } from "./dom.js";
import { floatOnce } from "./floating.js";
import { newNonce } from "./outbox.js";
import { config } from "./page.js";
import { say } from "./words.js";

/** Ask where to, then forward the message of `row`; out of a private room after one question. */
export function forward(row, status) {
  if ($(".poll", row)) return status.tell(say("poll_stays"));
  const dialog = copyOf("forward");
  const field = $("input", dialog);
  const list = $(".rooms", dialog);
  const nonce = newNonce();

  const send = async (room, knowingly) => {
    const frame = { type: "forward", id: idOf(row), room: room.slug, nonce, knowingly };
    try {
      const { held } = await status.socket.ask(frame);
      dialog.close();
      status.tell(say(held ? "held" : "forwarded", { room: room.name }), "done");
    } catch (refusal) {
      if (refusal.code === "from_private") return ask(room, refusal.message);
      dialog.close();
      status.tell(refusal.message || say("not_now"));
    }
  };
  const ask = (room, message) => {
    const asking = $(".asking", dialog);
    for (const part of [$(".search", dialog), list]) part.hidden = true;
    asking.hidden = false;
    $("[role=alert]", asking).textContent = message;
    const [yes, no] = $$("button", asking);
    yes.onclick = () => send(room, true);
    no.onclick = () => dialog.close();
    no.focus();
  };
  const show = () => {
    const words = field.value.trim().toLowerCase();
    const found = rooms().filter(({ name }) => name.toLowerCase().includes(words));
    list.replaceChildren(...found.map((room) => make("li", {}, button(room))));
    const nowhere = $(".nowhere", dialog);
    nowhere.hidden = found.length > 0;
    nowhere.textContent = say(words ? "no_such_room" : "no_other_room");
  };
  const button = (room) => {
    const name = make("bdi", { className: "one-line" }, room.name);
    const made = make("button", { type: "button", className: "menu-item" }, room.icon, name);
    made.onclick = () => send(room, false);
    return made;
  };
  field.oninput = show;
  field.onkeydown = (event) => {
    if (event.key === "Enter" && !event.isComposing) $("button", list)?.click();
  };
  show();
  floatOnce(dialog, row);
}

/** One's other rooms, as the left pane has them. */
function rooms() {
  const links = $$("#rooms-pane a[data-room]:not([data-archived])");
  const others = links.filter((link) => link.dataset.room !== config.slug);
  return others.map((link) => ({
    slug: link.dataset.room,
    name: $(".name", link).textContent,
    icon: $$(".faces, .icon", link)["private" in link.dataset ? 1 : 0].cloneNode(true),
  }));
}
