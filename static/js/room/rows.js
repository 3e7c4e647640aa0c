/** One row: what depends on the viewer, which the server's fragment leaves open. */

import { $, $$, make } from "./dom.js";
import { foldBlocked } from "./blocked.js";
import { me } from "./page.js";
import { briefly, dayOf, showDayAndTime, showTime } from "./times.js";
import { say } from "./words.js";

const FOLD_CHARACTERS = 1500;
const FOLD_LINES = 20;
const LINE = /<(?:br|p|li|tr|h\d)\b/g;

/** Finish a row of the server, once: whose it is, its time here, folding, what can be copied. */
export function finish(row) {
  const time = $("time", row);
  row.moment = Date.parse(time.dateTime);
  row.day = dayOf(row.moment);
  row.tabIndex = -1;
  row.classList.toggle("mine", Number(row.dataset.author) === me.id);
  row.lasting = lastingOf(row);
  showMine(row);
  showThread(row);
  showTime(time);
  const late = $(".late time", row);
  if (late) showDayAndTime(late);
  const body = $(".body", row);
  for (const name of $$(`.mention:is([data-person="${me.id}"], [data-everyone])`, body)) {
    name.classList.add("me");
  }
  for (const code of $$("pre", body)) code.append(copyButton());
  for (const box of $$("input", body)) box.ariaLabel = box.parentElement.textContent.trim();
  const edited = $(".edited", row);
  if (edited) ($(":scope > p:last-child", body) ?? body).append(edited);
  if (isLong(body)) fold(row, body);
  if ($(".files", row)) import("./files.js").then(({ name }) => name(row));
  foldBlocked(row);
  return row;
}

/** What one reads in a row, in one line: its words, or the names of its files. */
export function textOf(row) {
  const text = $(".body", row).textContent.trim().replace(/\s+/g, " ");
  return text || $$("[data-name]", row).map(({ dataset }) => dataset.name).join(", ");
}

/** What of a row of the server is only replaced when somebody changes the words themselves. */
function lastingOf(row) {
  const parts = [...row.children].filter((part) => !("live" in part.dataset));
  return parts.map((part) => part.outerHTML).join("");
}

/** Which of the choices are this person's. */
function showMine(row) {
  if ($(".poll", row)) import("./polls.js").then(({ showPoll }) => showPoll(row));
  for (const chip of $$("[data-who]", row)) {
    const who = chip.dataset.who.split(" ");
    chip.ariaPressed = String(who.includes(String(me.id)));
    // Of many only the first are listed.
    if (Number($(".number", chip).textContent) > who.length) {
      import("./tallies.js").then(({ showOwn }) => showOwn(row, chip));
    }
  }
}

/** How far the thread under it has come. */
function showThread(row) {
  const chip = $(".thread", row);
  if (!chip) return;
  const { count, at } = chip.dataset;
  chip.textContent = `${say("thread", { n: Number(count) })} · ${briefly(Date.parse(at))}`;
}

/** Take over into `old` what has become of the row since; false where it must be replaced. */
export function renew(old, row) {
  if (old.lasting !== lastingOf(row)) return false;
  const chosen = $("[data-live] [data-key]:focus", old)?.dataset.key;
  const parts = $$(":scope > [data-live]", old);
  // What is the same stays: a picture made anew would flicker.
  const wanted = $$(":scope > [data-live]", row).map(
    (part) => parts.find((one) => one.isEqualNode(part)) ?? part,
  );
  for (const part of parts) if (!wanted.includes(part)) part.remove();
  $(":scope > .body", old).after(...wanted);
  for (const { name, value } of row.attributes) if (name !== "class") old.setAttribute(name, value);
  showMine(old);
  showThread(old);
  if (chosen) ($(`[data-key="${chosen}"]`, old) ?? old).focus({ preventScroll: true });
  return true;
}

function copyButton() {
  return make("button", { type: "button", className: "copy-code", ariaLabel: say("copy_code") });
}

function isLong(body) {
  const text = body.textContent;
  if (text.length > FOLD_CHARACTERS) return true;
  const lines = body.innerHTML.match(LINE)?.length ?? 0;
  return lines + (text.match(/\n/g)?.length ?? 0) > FOLD_LINES;
}

function fold(row, body) {
  const button = make("button", { type: "button", className: "unfold" }, say("show_more"));
  button.ariaExpanded = "false";
  button.onclick = () => {
    const isFolded = row.classList.toggle("folded");
    button.textContent = say(isFolded ? "show_more" : "show_less");
    button.ariaExpanded = String(!isFolded);
    if (isFolded) row.scrollIntoView({ block: "nearest" });
  };
  row.classList.add("folded");
  body.after(button);
}
