/** The sheet of all shortcuts. */

import { $$, copyOf, make } from "./dom.js";
import { float } from "./floating.js";
import { KEYS } from "./shortcuts.js";

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const SIGNS = { ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", Mod: IS_MAC ? "⌘" : "Ctrl" };

const sheet = copyOf("shortcuts");
for (const place of $$("[data-keys]", sheet)) {
  const keys = KEYS[place.dataset.keys].split("+");
  place.append(...keys.map((key) => make("kbd", {}, SIGNS[key] ?? key)));
}

export const openHelp = () => sheet.open || float(sheet, document.body);
