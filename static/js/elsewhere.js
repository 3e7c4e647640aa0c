/** The keys of the room page that lead elsewhere, on every other page of who is signed in. What they
    open is fetched when it is first asked for. */

import { enableSearchKeys } from "./room/finding.js";
import { enableShortcuts } from "./room/going.js";

let fetched;

async function fetchParts() {
  const answer = await fetch("/going/");
  if (!answer.ok) throw new Error(answer.statusText);
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  const styled = new Promise((resolve) => {
    template.content.querySelector("link").addEventListener("load", resolve);
  });
  document.body.append(template.content);
  await styled;
}

export function enableKeys() {
  enableShortcuts(() => {
    fetched ??= fetchParts();
    fetched.catch(() => (fetched = null)); // another time, perhaps
    return fetched;
  });
  const field = document.querySelector(".search-page [type=search]");
  document.documentElement.dataset.keys = ""; // it can be seen that they work
  enableSearchKeys(field ?? document.querySelector("a[href='/search/']"));
}
