/** :emoji: by name. The names come from the server's own list, when one is first asked for. */

import { urls } from "./page.js";

const SHOWN = 8;

let emoji;
async function load() {
  emoji ??= fetch(urls.emoji).then((answer) => answer.json());
  return Object.entries(await emoji.catch(() => (emoji = undefined) ?? {}));
}

export const completeEmoji = {
  begun: /(?:^|[\s(])(:([\w+-]{2,}))$/,

  async *find(words) {
    const wanted = words.toLowerCase();
    const found = (await load()).filter(([name]) => name.includes(wanted));
    // Names that begin so come first, and short ones before long ones.
    const weight = ([name]) => (name.startsWith(wanted) ? 0 : 100) + name.length;
    found.sort((one, other) => weight(one) - weight(other));
    yield found.slice(0, SHOWN).map(([name, sign]) => ({ label: `:${name}:`, text: sign, sign }));
  },
};
