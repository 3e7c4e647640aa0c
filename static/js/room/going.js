/** Going elsewhere by a few letters, and the sheet of shortcuts; by key and by button. */

import { make } from "./dom.js";
import { shortcutOf } from "./shortcuts.js";

/** Take what is typed while the dialog is still being loaded: it is not meant for the page. Gives a
    function that ends this and gives what it was. */
function catchTyping() {
  const before = document.activeElement;
  const field = make("input", { className: "visually-hidden" });
  document.body.append(field);
  field.focus({ preventScroll: true });
  return () => {
    const isIn = document.activeElement === field;
    field.remove();
    if (isIn) before.focus({ preventScroll: true }); // where the dialog gives it back to
    return field.value;
  };
}

/** `ready` is awaited first, where the page does not have what they are made of. */
export function enableShortcuts(ready = () => {}) {
  const load = {
    switch: async () => (await import("./switcher.js")).openSwitcher,
    help: async () => (await import("./help.js")).openHelp,
  };
  let isLoading = false;
  const act = async (name) => {
    if (isLoading) return;
    isLoading = true;
    const typed = name === "switch" ? catchTyping() : () => {};
    try {
      await ready();
      const open = await load[name]();
      open(typed());
    } finally {
      typed(); // also where nothing could be loaded
      isLoading = false;
    }
  };
  document.addEventListener("keydown", (event) => {
    const name = shortcutOf(event);
    if (!(name in load) || (name === "help" && event.target.matches("input, textarea"))) return;
    event.preventDefault();
    act(name);
  });
  document.addEventListener("click", ({ target }) => {
    const name = target.closest("[data-shortcut]")?.dataset.shortcut;
    if (name) act(name);
  });
}
