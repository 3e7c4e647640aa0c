/** The page of notices: this browser's part of it. */

import { state, turnOff, turnOn } from "./push.js";

const SILENT = "chatsite:silent";
const here = document.getElementById("here");
const failed = here.querySelector("[data-when=failed]");

function show(now) {
  for (const part of here.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== now;
}

async function turn(act, button) {
  button.disabled = true;
  try {
    await act();
    // The list of devices is another now.
    location.reload();
  } catch ({ message }) {
    failed.textContent = message;
    show("off");
    failed.hidden = false;
  }
  button.disabled = false;
}

for (const button of here.querySelectorAll("[data-turn]")) {
  const act = { on: () => turnOn(here.dataset.session), off: turnOff }[button.dataset.turn];
  button.onclick = () => turn(act, button);
}
if (here.querySelector("[data-turn]")) show(await state());

const sound = here.querySelector("[data-sound]");
const box = sound.querySelector("input");
sound.hidden = false;
box.checked = !localStorage.getItem(SILENT);
box.onchange = () =>
  box.checked ? localStorage.removeItem(SILENT) : localStorage.setItem(SILENT, "yes");
