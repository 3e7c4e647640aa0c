/** How rows stand together: a head once per run of one person, days, and the unread mark. */

import { $, make } from "./dom.js";
import { nameOfDay } from "./times.js";
import { say } from "./words.js";

const RUN = 5 * 60_000;

const isMessage = (element) => element?.classList.contains("message");

/** What stands above to the eye; below the log stands what waits in the outbox. */
function above(element) {
  const list = element.parentElement;
  const last = list.matches(".outbox") ? list.previousElementSibling.lastElementChild : null;
  return element.previousElementSibling ?? last;
}

export function messageAbove(row) {
  let element = above(row);
  while (element && !isMessage(element)) element = above(element);
  return element;
}

/** Give `row` its place among its neighbours. To be called again for the row below it. */
export function arrange(row) {
  const before = messageAbove(row);
  const mark = above(row)?.matches(".unread-mark") ? above(row) : row;
  const divider = above(mark)?.matches(".day") ? above(mark) : null;
  if (before?.day === row.day) divider?.remove();
  else if (!divider) mark.before(dayDivider(row.day));
  const continues =
    before &&
    before === above(row) &&
    before.dataset.author === row.dataset.author &&
    row.moment - before.moment < RUN &&
    !$(".quote", row);
  row.classList.toggle("continues", Boolean(continues));
}

function dayDivider(day) {
  return make("h3", { className: "day" }, make("span", {}, nameOfDay(day)));
}

/** Put the mark "new" before `row`; there is only one in a conversation. */
export function markUnread(row) {
  const old = $(".unread-mark", row.parentElement);
  const below = old?.nextElementSibling;
  row.before(old ?? make("p", { className: "unread-mark" }, make("span", {}, say("unread"))));
  if (isMessage(below)) arrange(below);
  arrange(row);
}
