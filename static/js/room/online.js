/** Who of those one writes with has the site open: asked for now and then, while one looks. */

import { $, $$ } from "./dom.js";
import { urls } from "./page.js";

const EVERY = 45_000; // ms

let list;

/** Look now and from now on. `conversations`: the list of links with a `data-person`. */
export function watch(conversations, socket) {
  if (!list) {
    list = conversations;
    socket.on("person_changed", ({ user }) => rename(user));
    setInterval(look, EVERY);
    document.addEventListener("visibilitychange", look);
  }
  look();
}

async function look() {
  if (document.hidden) return;
  const answer = await fetch(urls.here).catch(() => null);
  if (!answer?.ok) return;
  const { people } = await answer.json();
  const here = new Set(people.map(String));
  for (const link of $$("[data-person]", list)) {
    link.toggleAttribute("data-here", here.has(link.dataset.person));
  }
}

function rename({ id, name, avatar }) {
  for (const link of $$(`[data-person="${id}"]`, list)) {
    $(".name", link).textContent = name;
    $("img", link).src = avatar;
  }
}
