/** What those say whom this person has blocked: folded, until one asks for it. */

import { $, $$, make } from "./dom.js";
import { config } from "./page.js";
import { say } from "./words.js";

/** By id. */
export const people = new Set(config.blocked);

export const isBlocked = (id) => people.has(Number(id));

/** From now on. */
export function block(id) {
  people.add(Number(id));
  for (const row of $$(".log .message:not(.blocked)")) foldBlocked(row);
}

/** Fold what `row` says, or quotes, where a blocked person said it. */
export function foldBlocked(row) {
  const quote = $(".quote", row);
  if (quote && isBlocked(quote.dataset.author)) quote.remove();
  if (!isBlocked(row.dataset.author) || row.hasAttribute("data-deleted")) return;
  const show = make("button", { type: "button", className: "show" }, say("show"));
  const note = make("p", { className: "from-blocked" }, `${say("from_blocked")} `, show);
  show.onclick = () => {
    note.remove();
    row.classList.remove("blocked");
  };
  row.classList.add("blocked");
  row.append(note);
}
