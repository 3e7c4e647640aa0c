/** The menu of a message, beside it or at the foot of a phone. */

import { $, $$, copyOf, make } from "./dom.js";
import { float } from "./floating.js";
import { recents } from "./recents.js";

const QUICK = 6;

const menu = copyOf("message-menu");
let use; // of the message for which it is open

menu.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  menu.close();
  if (button.dataset.action) use.act(button.dataset.action);
  else use.give(button.textContent);
});

menu.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = $$("button:not([hidden])", menu);
  const at = buttons.indexOf(document.activeElement) + step;
  buttons.at(at % buttons.length).focus();
});

/** Open it beside `anchor`. `may(action)`, `act(action)`, `give(sign)`: for this message. */
export function openMenu(anchor, { may, act, give }) {
  use = { act, give };
  for (const button of $$("[data-action]", menu)) button.hidden = !may(button.dataset.action);
  const signs = may("react") ? recents().slice(0, QUICK) : [];
  const quick = signs.map((sign) => make("button", { type: "button" }, sign));
  $(".quick", menu).replaceChildren(...quick);
  float(menu, anchor);
  $("[data-action]:not([hidden])", menu).focus({ focusVisible: false });
}
