/** More is unread than the page begins with: says how much, and leads up to where it begins. */

import { $ } from "./dom.js";
import { markUnread } from "./runs.js";
import { say } from "./words.js";

export function leadUp({ pane, timeline, scroll, reading, history }) {
  const button = $(".above", pane);
  const markOf = () => $(".unread-mark", pane);
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

  const look = () => {
    const [first] = reading.unread;
    if (isFound || reading.isMoreAbove || !first) return;
    isFound = true;
    scroll.keeping(() => markUnread(first));
    seen.observe(markOf());
  };
  // Older pages also come as one scrolls, and one may have come before this module.
  timeline.on("extended", look);
  look();

  button.onclick = async () => {
    try {
      if (!markOf()) await history.reload(Math.max(1, reading.lastRead));
    } catch {
      return; // the connection is gone, and that is said already
    }
    done();
    const mark = markOf();
    if (mark) scroll.to(mark, "start");
  };
}
