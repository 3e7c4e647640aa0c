/** Going elsewhere by a few letters, and the sheet of shortcuts; by key and by button. */

import { shortcutOf } from "./shortcuts.js";

/** `ready` is awaited first, where the page does not have what they are made of. */
export function enableShortcuts(ready = () => {}) {
  const open = {
    switch: async () => (await import("./switcher.js")).openSwitcher(),
    help: async () => (await import("./help.js")).openHelp(),
  };
  const act = async (name) => {
    await ready();
    await open[name]();
  };
  document.addEventListener("keydown", (event) => {
    const name = shortcutOf(event);
    if (!(name in open) || (name === "help" && event.target.matches("input, textarea"))) return;
    event.preventDefault();
    act(name);
  });
  document.addEventListener("click", ({ target }) => {
    const name = target.closest("[data-shortcut]")?.dataset.shortcut;
    if (name) act(name);
  });
}
