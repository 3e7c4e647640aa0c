/** What became of this person's rooms, and of whom they blocked, while the connection was away. */

import { $, $$, fromServer } from "./dom.js";
import { foldBlocked, people } from "./blocked.js";
import { urls } from "./page.js";

/** Bring `pane` up to date, but for rooms of which more is known since: `isKnown(slug)`. */
export async function comeBack(pane, isKnown) {
  const answer = await fetch(urls.absence).catch(() => ({}));
  if (!answer.ok) return; // the connection is gone again: the next one brings it
  const { html, blocked } = await answer.json();
  const [now] = fromServer(html);
  for (const link of $$("a[data-room]", pane)) {
    const { room } = link.dataset;
    if (isKnown(room)) $(`a[data-room="${room}"]`, now)?.replaceWith(link);
  }
  for (const list of ["#my-rooms", "#my-conversations"]) {
    $(list, pane).replaceChildren(...$(list, now).children);
  }
  block(blocked);
}

/** Fold what those said who are blocked now, and unfold what those said who are not any more. */
function block(now) {
  const before = new Set(people);
  people.clear();
  for (const id of now) people.add(id);
  for (const row of $$(".message[data-author]")) {
    const author = Number(row.dataset.author);
    if (people.has(author) === before.has(author)) continue;
    if (people.has(author)) foldBlocked(row);
    else {
      $(":scope > .from-blocked", row)?.remove();
      row.classList.remove("blocked");
    }
  }
}
