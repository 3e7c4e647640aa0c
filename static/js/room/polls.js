/** Polls in messages: voting, and what is said below the choices. */

import { $, $$, idOf } from "./dom.js";
import { dayAndTime } from "./times.js";
import { say } from "./words.js";

const LONGEST_TIMER = 2 ** 31 - 1;

/** Choose `button`, or not any more; where only one can be chosen, instead of the other. */
export function vote(button, status) {
  const poll = button.closest(".poll");
  const mine = $$(".choice[aria-pressed='true']", poll).filter((choice) => choice !== button);
  const chosen = "several" in poll.dataset ? mine : [];
  if (button.ariaPressed !== "true") chosen.push(button);
  const choices = chosen.map((choice) => Number(choice.dataset.key));
  status.ask({ type: "vote", id: idOf(poll.closest(".message")), choices });
}

/** Say how the poll of `row` stands, and close it in time. */
export function showPoll(row) {
  const poll = $(".poll", row);
  if (!poll) return;
  const { closes } = poll.dataset;
  const left = closes ? Date.parse(closes) - Date.now() : Infinity;
  const isClosed = left <= 0;
  const about = $(".about", poll);
  const said = [say("voters", { n: Number(about.dataset.voters) })];
  if ("several" in poll.dataset && !isClosed) said.push(say("several"));
  if (isClosed) said.push(say("closed"));
  else if (closes) said.push(say("closes", { when: dayAndTime(new Date(closes)) }));
  about.textContent = said.join(" · ");
  poll.classList.toggle("closed", isClosed);
  for (const choice of $$(".choice", poll)) choice.ariaDisabled = String(isClosed);
  if (left > 0 && left < LONGEST_TIMER) setTimeout(() => poll.isConnected && showPoll(row), left);
}
