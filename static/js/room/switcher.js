/** Going somewhere by a few letters: to one's rooms, with the unread ones first, and to people. */

import { $, $$, copyOf, debounced, make } from "./dom.js";
import { float } from "./floating.js";
import { distance } from "./fuzzy.js";
import { isComposing } from "./textarea.js";

const SHOWN = 12;
const PAUSE = 120; // ms between two letters

const dialog = copyOf("switcher");
const field = $("input", dialog);
const list = $("ul", dialog);
let people = [];
let places = []; // rooms that one could join
let at = 0;

/** `typed`: what was written while this was loaded. */
export function openSwitcher(typed) {
  if (dialog.open) return;
  field.value = typed;
  people = places = [];
  look();
  float(dialog, document.body);
  field.focus();
}

/** One's other rooms and conversations, as the left pane has them. */
function rooms() {
  const others = $$("#rooms-pane a[data-room]").filter((link) => !link.ariaCurrent);
  return others.map((link) => ({
    names: [$(".name", link).textContent],
    isUnread: "unread" in link.dataset,
    person: Number(link.dataset.person),
    looks: () => link.cloneNode(true),
    go: () => link.click(),
  }));
}

const entryOf = ({ id, name, avatar: src, handle }) => ({
  names: [name, handle ?? name],
  looks: () => {
    const picture = make("img", { className: "avatar small", src, alt: "", width: 24, height: 24 });
    const shown = make("bdi", { className: "name one-line" }, name);
    return make("a", { className: "room-link" }, picture, shown);
  },
  go: () => writeTo(id),
});

const placeOf = ({ name, url }) => ({
  names: [name],
  isStrange: true,
  looks: () => {
    const link = copyOf("place");
    $(".name", link).textContent = name;
    return link;
  },
  go: () => location.assign(url),
});

/** By the form that every page has, as it bears the token against forged requests. */
function writeTo(id) {
  const form = $("#choices").cloneNode(true);
  form.append(make("input", { name: "with", value: id }));
  form.action = "/direct/";
  document.body.append(form);
  form.submit();
}

function show() {
  const words = field.value.trim();
  const own = rooms();
  const known = new Set(own.map(({ person }) => person));
  const strangers = people.filter(({ id }) => !known.has(id));
  const all = [...own, ...strangers.map(entryOf), ...places.map(placeOf)];
  for (const one of all) one.far = Math.min(...one.names.map((name) => distance(words, name)));
  const found = all.filter(({ far }) => far < Infinity);
  // What begins so, then what holds it, then what may be meant; among those the unread, then the
  // nearest; rooms one is not in at last. Without words it is the unread, and the order of the pane.
  const rank = ({ far, isUnread, isStrange }) =>
    (words ? Math.floor(far) * 2 : 0) + (isUnread ? 0 : 1) + (isStrange ? 100 : 0);
  found.sort((a, b) => rank(a) - rank(b) || (words && a.far - b.far));
  list.replaceChildren(...found.slice(0, SHOWN).map(row));
  const nowhere = $(".nowhere", dialog);
  nowhere.hidden = found.length > 0;
  nowhere.textContent = words ? nowhere.dataset.none : nowhere.dataset.idle;
  select(0);
}

function row(one, index) {
  const link = one.looks();
  link.removeAttribute("href");
  const option = make("li", { role: "option", id: `switch-${index}` }, link);
  option.onclick = () => {
    dialog.close();
    one.go();
  };
  return option;
}

function select(index) {
  const rows = [...list.children];
  at = rows.length ? (index + rows.length) % rows.length : 0;
  rows.forEach((one, place) => (one.ariaSelected = String(place === at)));
  field.setAttribute("aria-activedescendant", rows[at]?.id ?? "");
  rows[at]?.scrollIntoView({ block: "nearest" });
}

const findPeople = debounced(async () => {
  const asked = field.value.trim();
  const answer = await fetch(`/direct/names/?${new URLSearchParams({ q: asked })}`);
  if (!answer.ok || field.value.trim() !== asked) return;
  ({ people, rooms: places } = await answer.json());
  show();
}, PAUSE);

function look() {
  show();
  if (field.value.trim()) findPeople();
}

field.addEventListener("input", look);
field.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (isComposing(event) || !(step || ["Enter", "Escape"].includes(event.key))) return;
  event.preventDefault();
  if (step) select(at + step);
  else if (event.key === "Escape") dialog.close(); // and does not only empty the field
  else list.children[at]?.click();
});
