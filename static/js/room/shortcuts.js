/** The keys that do something: here for who listens to them, and for the sheet that lists them. */

import { isComposing } from "./textarea.js";

/** By name; "Mod" is ⌘ on a Mac and Ctrl elsewhere. */
export const KEYS = {
  switch: "Mod+K",
  previous: "Alt+ArrowUp",
  next: "Alt+ArrowDown",
  previous_unread: "Alt+Shift+ArrowUp",
  next_unread: "Alt+Shift+ArrowDown",
  all_read: "Shift+Escape",
  search: "/",
  help: "?",
  send: "Enter",
  line: "Shift+Enter",
  edit_last: "ArrowUp",
  undo: "Mod+Z",
  bold: "Mod+B",
  italic: "Mod+I",
  code: "Mod+E",
  link: "Mod+Shift+U",
};

const NAMES = Object.fromEntries(Object.entries(KEYS).map(([name, keys]) => [keys, name]));
const isTyped = (key) => key.length === 1 && key.toLowerCase() === key.toUpperCase();

/** Which of them `event` is, if any. */
export function shortcutOf(event) {
  if (isComposing(event)) return undefined;
  const { key } = event;
  const held = [
    (event.ctrlKey || event.metaKey) && "Mod",
    event.altKey && "Alt",
    // Where it takes Shift to type a sign depends on the keyboard.
    event.shiftKey && !isTyped(key) && "Shift",
  ];
  return NAMES[[...held.filter(Boolean), key.length === 1 ? key.toUpperCase() : key].join("+")];
}
