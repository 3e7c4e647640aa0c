/** The ways into threads. */

import { isBlocked } from "./blocked.js";
import { $ } from "./dom.js";
import { me } from "./page.js";

/** Where else there is something new for this person, in threads and what was meant for them: dots
    on the ways there. */
export function watchThreads(socket, link) {
  let unread = new Set();

  const show = (now) => {
    unread = now;
    link.toggleAttribute("data-unread", now.size > 0);
  };
  socket.on("welcome", ({ threads }) => show(new Set(threads)));
  socket.on("new_message", ({ message, followers = [] }) => {
    const isOthers = message.author.id !== me.id && !isBlocked(message.author.id);
    if (isOthers && followers.includes(me.id)) show(unread.add(message.thread));
  });
  socket.on("activity", (frame) => $("#activity").toggleAttribute("data-unread", frame.unread));
  socket.on("all_read", () => show(new Set()));
  socket.on("read", ({ thread }) => unread.delete(thread) && show(unread));
}

/** Threads open beside the room; the address says which one, so that the way back closes it. */
export function enableThreads(parts) {
  const open = (id) => {
    history.pushState({ isBeside: true }, "", `?thread=${id}`);
    return follow();
  };
  const follow = async () => {
    const id = Number(new URLSearchParams(location.search).get("thread"));
    if (id || $(".side")) (await import("./side.js")).show(id, { ...parts, openThread: open });
  };
  addEventListener("popstate", follow);
  follow();
  return open;
}
