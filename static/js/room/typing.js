/** Who is typing: told to the others sparingly, shown in a line that is always there. */

import { isBlocked } from "./blocked.js";
import { config, me } from "./page.js";
import { say } from "./words.js";

const EVERY = 3000;

/** Tell that this person types, as long as `textarea` is being written in. */
export function tellTyping(socket, textarea) {
  const room = config.slug;
  let told = 0;

  const stop = () => {
    if (!told) return;
    told = 0;
    socket.send({ type: "typing_stop", room });
  };
  textarea.addEventListener("input", () => {
    if (!textarea.value.trim()) return stop();
    if (Date.now() - told < EVERY) return;
    told = Date.now();
    socket.send({ type: "typing_start", room });
  });
  textarea.addEventListener("blur", stop);
  return stop;
}

export function showTyping(socket, line) {
  let users = [];

  const show = (now) => {
    users = now.filter((user) => user.id !== me.id && !isBlocked(user.id));
    const [a, b] = users.map((user) => user.name);
    line.classList.toggle("typing", users.length > 0);
    if (users.length > 2) line.firstElementChild.textContent = say("typing_many");
    else if (users.length) {
      line.firstElementChild.textContent = say(b ? "typing_two" : "typing_one", { a, b });
    }
  };
  socket.onHere("typing_indicator_update", (frame) => show(frame.users));
  socket.onHere("new_message", ({ message }) => {
    show(users.filter((user) => user.id !== message.author.id));
  });
  socket.on("state", () => show([]));
}
