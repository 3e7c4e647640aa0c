/** The first look at the page: at what was asked for, at what is new, or at the end. */

import { $ } from "./dom.js";
import { store } from "./page.js";
import { markUnread } from "./runs.js";
import { isTouch } from "./textarea.js";
import { say } from "./words.js";

const HINTS = 6;

export function openAtNews(conversation) {
  const { pane, timeline, scroll, reading, composer, socket, status } = conversation;
  const [unread] = reading.unread;
  // With older ones above it that are unread too, the mark belongs further up.
  if (unread && reading.isMoreAbove) import("./above.js").then(({ leadUp }) => leadUp(conversation));
  else if (unread) markUnread(unread);
  const asked = timeline.rows.get(Number(pane.dataset.around));
  scroll.toEnd();
  const mark = $(".unread-mark", pane);
  if (asked) scroll.show(asked);
  else if (mark && mark.getBoundingClientRect().top < scroll.topOfBox) scroll.to(mark, "start");
  if (!asked && !isTouch.matches) composer.textarea.focus({ preventScroll: true });
  if (pane.dataset.around && !asked) {
    socket.addEventListener("welcome", () => status.tell(say("message_gone")), { once: true });
  }
  reading.look();
}

/** One shortcut at a time, another with each visit. */
export function showHint() {
  const number = store.read("hint", 0);
  store.write("hint", number + 1);
  $("#hint").textContent = say(`hint_${(number % HINTS) + 1}`);
}
