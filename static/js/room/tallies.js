/** Who made a choice. A message says how many and who first; whatever else is asked for. */

import { $, fetched, make, sleep } from "./dom.js";
import { urls } from "./page.js";
import { listed, say } from "./words.js";

const AFTER = 250; // ms: a pointer that only passes asks nothing
const GAP = 6;

const note = make("div", { className: "who-note", popover: "manual", role: "tooltip" });
note.id = "who-note";
document.body.append(note);

/** What this person chose, by message, where the page cannot tell: also before the answer comes. */
const own = new Map();

async function whoOf(row) {
  return (await fetched(`${urls.messages}${row.dataset.id}/who/`)).json();
}

/** Mark `chip` in `row` when it is this person's, which its short list does not say. */
export async function showOwn(row, chip) {
  const { id } = row.dataset;
  if (!own.has(id)) own.set(id, whoOf(row).catch(() => own.delete(id) && {}));
  const known = (await own.get(id))[chip.dataset.key];
  if (known?.mine) chip.ariaPressed = "true";
}

/** This person has chosen `key`, or not any more. */
export async function noteOwn(row, key, mine) {
  const known = await own.get(row.dataset.id);
  if (known) known[key] = { ...known[key], mine };
}

let current = new AbortController();

/** Say beside `chip` who it was, until something else is pointed at or pressed. */
export async function tellWho(chip, wait = AFTER) {
  current.abort();
  const { signal } = (current = new AbortController());
  const leave = ({ target }) => {
    if (chip.contains(target) && chip.isConnected) return;
    current.abort();
    note.hidePopover();
  };
  for (const type of ["pointerover", "pointerdown", "focusin"]) {
    addEventListener(type, leave, { signal, capture: true });
  }
  await sleep(wait);
  const known = signal.aborted ? {} : await whoOf(chip.closest(".message")).catch(() => ({}));
  const names = known[chip.dataset.key]?.names;
  if (signal.aborted || !names?.length) return;
  const more = Number($(".number", chip).textContent) - names.length;
  note.textContent = listed(more > 0 ? [...names, say("others", { n: more })] : names);
  chip.setAttribute("aria-describedby", note.id);
  note.showPopover();
  addEventListener("scroll", leave, { signal, capture: true });
  place(chip.getBoundingClientRect());
}

function place(chip) {
  const { offsetWidth: width, offsetHeight: height } = note;
  const above = chip.top - height - GAP;
  note.style.left = `${Math.max(GAP, Math.min(chip.left, innerWidth - width - GAP))}px`;
  note.style.top = `${above > GAP ? above : chip.bottom + GAP}px`;
}
