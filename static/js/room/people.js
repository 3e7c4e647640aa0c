/** Who is here, in the right pane; who came and went, as quiet lines in the conversation. */

import { $, $$, copyOf, make } from "./dom.js";
import { me, urls } from "./page.js";
import { listed, say } from "./words.js";

const NAMED = 3;
const RETURN = 60_000; // ms: others may notice later that the server is back

/** Keep the list and the counts of who is here. */
export function showPeople(socket) {
  const list = $("#people");
  const rows = new Map();

  const rowOf = (user) => {
    const row = rows.get(user.id) ?? copyOf("person");
    const link = $("a", row);
    link.href = urls.person.replace("0", user.id);
    if ($("img", row).getAttribute("src") !== user.avatar) $("img", row).src = user.avatar;
    $(".name", row).textContent = user.name;
    row.dataset.person = user.id;
    row.toggleAttribute("data-guest", user.guest);
    row.toggleAttribute("data-me", user.id === me.id);
    return row;
  };
  const count = (what, number) => {
    for (const element of $$(`[data-count='${what}']`)) element.textContent = number;
  };
  const show = ({ users, count: here, members }) => {
    const shown = users.map((user) => [user.id, rowOf(user)]);
    rows.clear();
    shown.forEach(([id, row]) => rows.set(id, row));
    list.replaceChildren(...rows.values());
    const others = here - users.length;
    if (others > 0) list.append(make("li", { className: "others" }, say("others", { n: others })));
    count("here", here);
    count("members", members);
  };
  socket.onHere("presence", show);
  socket.on("person_changed", ({ user }) => {
    if (rows.has(user.id)) rowOf(user);
    for (const name of $$(`.mention[data-person="${user.id}"]`)) name.textContent = `@${user.name}`;
    for (const row of $$(`.message[data-author="${user.id}"]`)) {
      $(".who", row).textContent = user.name;
      $(".who", row).toggleAttribute("data-guest", user.guest);
      $(".avatar", row).src = user.avatar;
    }
  });
  return show;
}

/** Say in the log that somebody came or went; many within one pause become one line. */
export function tellOfArrivals({ socket, log, scroll }) {
  // Who was here when the connection went: that they come back when it does is no news.
  const returning = new Set();
  socket.on("state", (state) => {
    if (state !== "waiting") return;
    for (const row of $$("#people [data-person]")) returning.add(Number(row.dataset.person));
  });
  socket.on("welcome", () => setTimeout(() => returning.clear(), RETURN));

  const tell = (type, { user }) => {
    if (user.id === me.id || (type === "came" && returning.delete(user.id))) return;
    let line = log.lastElementChild;
    if (!line?.matches(".event")) {
      line = make("p", { className: "event", came: new Map(), left: new Map() });
    }
    const other = type === "came" ? "left" : "came";
    if (!line[other].delete(user.id)) line[type].set(user.id, user.name);
    const parts = ["came", "left"].filter((one) => line[one].size);
    const said = parts.map((one) => say(one, { who: some([...line[one].values()]) }));
    line.textContent = said.join(" · ");
    scroll.keeping(() => (parts.length ? log.append(line) : line.remove()));
  };
  socket.onHere("user_joined", (frame) => tell("came", frame));
  socket.onHere("user_left", (frame) => tell("left", frame));
}

function some(names) {
  const more = names.length - NAMED;
  if (more < 2) return listed(names);
  return listed([...names.slice(0, NAMED), say("others", { n: more })]);
}
