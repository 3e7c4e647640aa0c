/** The page of notices: this browser's part of it. */

import { Refused } from "./posting.js";
import { state, turnOff, turnOn } from "./push.js";

const SILENT = "chatsite:silent";
const here = document.getElementById("here");
const failed = here.querySelector("[data-when=failed]");
const failure = failed.textContent;

function show(now) {
  for (const part of here.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== now;
}

async function turn(act, button) {
  button.disabled = true;
  try {
    const now = await act();
    if (now && now !== "on") return show(now);
    // The list of devices is another now.
    location.reload();
  } catch (error) {
    failed.textContent = (error instanceof Refused && error.message) || failure;
    show("off");
    failed.hidden = false;
  } finally {
    button.disabled = false;
  }
}

for (const button of here.querySelectorAll("[data-turn]")) {
  const { person, session } = here.dataset;
  const acts = { on: () => turnOn(person, session), off: () => turnOff(person) };
  const act = acts[button.dataset.turn];
  button.onclick = () => turn(act, button);
}
if (here.querySelector("[data-turn]")) show(await state(here.dataset.person));

const sound = here.querySelector("[data-sound]");
const box = sound.querySelector("input");
sound.hidden = false;
box.checked = !localStorage.getItem(SILENT);
box.onchange = () =>
  box.checked ? localStorage.removeItem(SILENT) : localStorage.setItem(SILENT, "yes");
