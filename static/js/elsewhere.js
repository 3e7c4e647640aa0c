/** The keys of the room page that lead elsewhere, on every other page of who is signed in. What they
    open is fetched when it is first asked for. */

import { fetched, fromServer } from "./room/dom.js";
import { enableSearchKeys } from "./room/finding.js";
import { enableShortcuts } from "./room/going.js";

let parts;

async function fetchParts() {
  const all = fromServer(await (await fetched("/going/")).text());
  const styled = new Promise((resolve) => {
    all.find((one) => one.matches("link")).addEventListener("load", resolve);
  });
  document.body.append(...all);
  await styled;
}

export function enableKeys() {
  enableShortcuts(() => {
    parts ??= fetchParts();
    parts.catch(() => (parts = null)); // another time, perhaps
    return parts;
  });
  const field = document.querySelector(".search-page [type=search]");
  document.documentElement.dataset.keys = ""; // it can be seen that they work
  enableSearchKeys(field ?? document.querySelector("a[href='/search/']"));
}
