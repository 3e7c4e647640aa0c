/** The ways into threads. */

import { isBlocked } from "./blocked.js";
import { $, debounced, fetched } from "./dom.js";
import { me } from "./page.js";

/** Where else there is something new for this person, in threads and what was meant for them: dots
    on the ways there. */
export function watchThreads(socket, link) {
  let unread = new Set();

  const show = (now) => {
    unread = now;
    link.toggleAttribute("data-unread", now.size > 0);
  };
  // What was lost is fetched by who has the room open; whom it concerns in threads, nobody says again.
  const ask = async () => {
    const before = new Set(unread);
    const { threads } = await (await fetched(new URL("unread/", link.href))).json();
    const meanwhile = [...unread].filter((id) => !before.has(id));
    show(new Set([...threads, ...meanwhile]));
  };
  // Everybody hears "missed" at once; they need not all ask at once.
  const askSoon = debounced(() => ask().catch(() => {}), 500 + Math.random() * 2500);
  socket.on("missed", askSoon);
  socket.on("resync", askSoon);
  socket.on("changes", ({ messages }) => messages.some(({ thread }) => thread) && askSoon());

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
