/** The emoji that this person used last, the newest first; before any, those that people need. */

import { store } from "./page.js";

const NAME = "emoji";
const KEPT = 24;
const FIRST = ["👍", "❤️", "😂", "🎉", "🙏", "👀"];

export const recents = () => store.read(NAME, FIRST);

export function used(sign) {
  const others = recents().filter((one) => one !== sign);
  store.write(NAME, [sign, ...others].slice(0, KEPT));
}
