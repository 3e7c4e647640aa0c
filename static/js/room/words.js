/** What is said to the viewer, in their language: from <template id="words">. */

const template = document.getElementById("words");
const words = new Map(
  [...template.content.querySelectorAll("data")].map((one) => [one.value, one.textContent]),
);

const plain = document.documentElement.lang || "en";
// "en" alone would mean American dates; the browser knows which English its owner reads.
export const language =
  navigator.languages.find((one) => one.slice(0, 2) === plain.slice(0, 2)) ?? plain;

const plurals = new Intl.PluralRules(plain);
const numbers = new Intl.NumberFormat(plain);
const lists = new Intl.ListFormat(plain, { style: "long", type: "conjunction" });

export const listed = (names) => lists.format(names);

/** The words called `name`, with `{these}` filled in; `n` chooses name.one or name.other. */
export function say(name, values = {}) {
  const text = words.get(name) ?? words.get(`${name}.${plurals.select(values.n)}`);
  const shown = (value) => (typeof value === "number" ? numbers.format(value) : value);
  return (text ?? words.get(`${name}.other`)).replace(/\{(\w+)\}/g, (_, key) => shown(values[key]));
}
