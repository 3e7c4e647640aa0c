/** @names: of people who are here at once, then of the other members. */

import { $, $$, sleep } from "./dom.js";
import { fits } from "./fuzzy.js";
import { me, urls } from "./page.js";
import { say } from "./words.js";

const SHOWN = 8;
const PAUSE = 120; // ms between two letters

const known = new Map();
let asked = "";

export const completeNames = {
  // A name may have a space; a word of any script may stand before it, but no address.
  begun: /(?<![\w@/.])(@([^\s@]{0,40}(?: [^\s@]{1,40})?))$/,

  async *find(words) {
    asked = words;
    const near = [...here(), ...everybody()].filter(({ names }) => fits(words, names));
    const first = near.slice(0, SHOWN);
    if (first.length) yield first;
    if (first.length === SHOWN) return;
    await sleep(known.has(words) ? 0 : PAUSE);
    if (asked !== words) return;
    const shown = new Set(first.map(({ text }) => text));
    const others = (await members(words)).map(option).filter(({ text }) => !shown.has(text));
    yield [...first, ...others].slice(0, SHOWN);
  },
};

const option = ({ name, avatar, handle }) => ({
  label: name,
  text: `@${name}`,
  picture: avatar,
  note: handle !== name && handle,
  names: [name, handle ?? ""],
});

function here() {
  const rows = $$("#people [data-person]:not([data-me])");
  const person = (row) => ({ name: $(".name", row).textContent, avatar: $("img", row).src });
  return rows.map((row) => option(person(row)));
}

/** For who may call everybody at once. */
function everybody() {
  if (!("mayCallEverybody" in urls)) return [];
  const name = say("everyone");
  const names = [name, "room", "all"];
  return [{ label: `@${name}`, text: `@${name}`, sign: "@", note: say("everyone_here"), names }];
}

/** At most eight whose name has `words` in it. What nobody is called, nobody is called with more. */
async function members(words) {
  for (const [shorter, found] of known) {
    if (!found.length && words.startsWith(shorter)) return [];
  }
  if (!known.has(words)) {
    try {
      const answer = await fetch(`members/names/?${new URLSearchParams({ q: words })}`);
      const { people } = await answer.json();
      known.set(words, people.filter(({ id }) => id !== me.id));
    } catch {
      return [];
    }
  }
  return known.get(words);
}
