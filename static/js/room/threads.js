/** Where else there is something new for this person, in threads and what was meant for them: dots
    on the ways there. */

import { $ } from "./dom.js";
import { me } from "./page.js";

export function watchThreads(socket, link) {
  let unread = new Set();

  const show = (now) => {
    unread = now;
    link.toggleAttribute("data-unread", now.size > 0);
  };
  socket.on("welcome", ({ threads }) => show(new Set(threads)));
  socket.on("new_message", ({ message, followers = [] }) => {
    if (message.author.id !== me.id && followers.includes(me.id)) show(unread.add(message.thread));
  });
  socket.on("activity", (frame) => $("#activity").toggleAttribute("data-unread", frame.unread));
  socket.on("all_read", () => show(new Set()));
  socket.on("read", ({ thread }) => unread.delete(thread) && show(unread));
}
