/** Who is typing: told to the others sparingly, shown in a line that is always there. */

import { isBlocked } from "./blocked.js";
import { config, me } from "./page.js";
import { say } from "./words.js";

const EVERY = 3000;

/** Tell that this person types, as long as `textarea` is being written in. */
export function tellTyping(socket, textarea, thread) {
  const place = { room: config.slug, ...(thread && { thread }) };
  let told = 0;

  const stop = () => {
    if (!told) return;
    told = 0;
    socket.send({ type: "typing_stop", ...place });
  };
  textarea.addEventListener("input", () => {
    if (!textarea.value.trim()) return stop();
    if (Date.now() - told < EVERY) return;
    told = Date.now();
    socket.send({ type: "typing_start", ...place });
  });
  textarea.addEventListener("blur", stop);
  return stop;
}

/** Until `signal`, of those who write in this `thread` or, with null, in the room itself. */
export function showTyping({ socket, line, thread: here, signal }) {
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
  const isHere = ({ thread = null }) => thread === here;
  socket.onHere("typing_indicator_update", (frame) => isHere(frame) && show(frame.users), signal);
  const said = ({ message }) => {
    if (isHere(message)) show(users.filter((user) => user.id !== message.author.id));
  };
  socket.onHere("new_message", said, signal);
  socket.on("state", () => show([]), signal);
}
