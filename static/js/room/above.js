/** More is unread than the page begins with: says how much, and leads up to where it begins. */

import { $ } from "./dom.js";
import { config } from "./page.js";
import { markUnread } from "./runs.js";
import { say } from "./words.js";

export function leadUp({ timeline, scroll, reading, history }) {
  const button = $("#above");
  button.lastElementChild.textContent = say("above", { n: reading.unread.length });
  button.hidden = false;

  let isFound = false;
  const seen = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && done(), {
    root: scroll.box,
  });
  const done = () => {
    button.hidden = true;
    seen.disconnect();
  };

  // Older pages also come as one scrolls.
  timeline.on("extended", () => {
    const [first] = reading.unread;
    if (isFound || reading.isMoreAbove || !first) return;
    isFound = true;
    scroll.keeping(() => markUnread(first));
    seen.observe($("#unread"));
  });

  button.onclick = async () => {
    try {
      if (!$("#unread")) await history.reload(Math.max(1, config.last_read));
    } catch {
      return; // the connection is gone, and that is said already
    }
    done();
    const mark = $("#unread");
    if (mark) scroll.to(mark, "start");
  };
}
