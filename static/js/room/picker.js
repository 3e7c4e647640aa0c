/** The emoji picker: by kind, by search in both languages, by the ones used last. */

import { $, $$, copyOf, fetched } from "./dom.js";
import { EmojiGrid } from "./emoji-grid.js";
import { float } from "./floating.js";
import { store, urls } from "./page.js";
import { recents, used } from "./recents.js";
import { isComposing } from "./textarea.js";
import { language, say } from "./words.js";

const TONES = ["", "\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}", "\u{1f3fe}", "\u{1f3ff}"];
const FOUND = 90;

let picker;

/** Let this person choose one beside `anchor`. Gives the sign, or "" when they chose none. */
export async function pick(anchor) {
  picker ??= load().catch(() => (picker = undefined));
  return (await picker)?.open(anchor) ?? "";
}

async function load() {
  return new Picker(await (await fetched(urls.picker)).json());
}

/** `sign` in a skin tone; `people` says to how many of those in it that applies. */
function toned(sign, people, tone) {
  if (!people || !tone) return sign;
  const parts = sign.split("\u200d");
  for (const at of new Set([0, people === 2 ? parts.length - 1 : 0])) {
    const [first, ...rest] = parts[at];
    parts[at] = first + tone + rest.join("").replace(/^\ufe0f/, "");
  }
  return parts.join("\u200d");
}

class Picker {
  constructor(groups) {
    this.groups = groups.map((rows) => rows.map(entryOf));
    this.all = this.groups.flat();
    this.dialog = copyOf("picker");
    this.field = $("input", this.dialog);
    this.tone = $(".tone", this.dialog);
    this.grid = new EmojiGrid($(".grid", this.dialog), {
      leave: () => this.field.focus(),
      choose: (sign) => this.#choose(sign),
      name: (text) => ($("[role=status]", this.dialog).textContent = text),
    });
    this.field.addEventListener("input", (event) => event.isComposing || this.#search());
    this.field.addEventListener("compositionend", () => this.#search());
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.tone.onclick = () => this.#nextTone();
    this.tabs = $$(".groups button", this.dialog);
    this.tabs.forEach((tab, at) => (tab.onclick = () => this.#show(at)));
  }

  open(anchor) {
    this.field.value = "";
    this.#list();
    float(this.dialog, anchor);
    this.dialog.returnValue = "";
    return new Promise((resolve) => {
      this.dialog.onclose = () => resolve(this.dialog.returnValue);
    });
  }

  #list() {
    const tone = TONES[store.read("tone", 0)];
    this.tone.textContent = toned("✋", 1, tone);
    const last = recents().map((sign) => ({ sign, name: sign }));
    const lists = [last, ...this.groups].map((entries) =>
      entries.map((entry) => ({ ...entry, sign: toned(entry.sign, entry.people, tone) })),
    );
    this.grid.show(lists.map((entries, at) => [this.tabs[at].title, entries]));
  }

  #show(at) {
    if (this.field.value) {
      this.field.value = "";
      this.#list();
    }
    this.grid.showGroup(at);
  }

  #search() {
    const words = this.field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return this.#list();
    const tone = TONES[store.read("tone", 0)];
    const found = this.all
      .filter(({ text }) => words.every((word) => text.includes(word)))
      .sort((one, other) => one.rank(words[0]) - other.rank(words[0]))
      .slice(0, FOUND)
      .map((entry) => ({ ...entry, sign: toned(entry.sign, entry.people, tone) }));
    this.grid.show([[found.length ? "" : say("no_emoji"), found]]);
  }

  #key(event) {
    if (isComposing(event)) return;
    if (event.key === "ArrowDown") this.grid.enter();
    else if (event.key === "Enter") this.grid.first?.click();
    else return;
    event.preventDefault();
  }

  #nextTone() {
    store.write("tone", (store.read("tone", 0) + 1) % TONES.length);
    this.field.value ? this.#search() : this.#list();
  }

  #choose(sign) {
    used(sign);
    this.dialog.close(sign);
  }
}

const isChinese = language.startsWith("zh");

function entryOf([sign, name, words, chineseName, chineseWords, people = 0]) {
  const text = ` ${name} ${words} ${chineseName} ${chineseWords} `.toLowerCase();
  const isCalled = (word) => name.startsWith(word) || chineseName.startsWith(word);
  // The word itself comes before what only begins so: for "tea" a cup, and then a teacher.
  const rank = (word) => (text.includes(` ${word} `) ? 0 : 3) + (isCalled(word) ? 0 : !text.includes(` ${word}`) + 1);
  return { sign, name: isChinese ? chineseName : name, text, rank, people };
}
