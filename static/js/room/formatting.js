/** Bold, code, quote and the like: Markdown put around or before what is selected. */

import { insert } from "./textarea.js";

const LINK = ["[", "](https://)"];
const AROUND = { bold: ["**", "**"], italic: ["*", "*"], code: ["`", "`"], link: LINK };
const BEFORE = { quote: "> ", list: "- " };

export function format(textarea, name) {
  textarea.focus();
  if (name in BEFORE) startLines(textarea, BEFORE[name]);
  else surround(textarea, ...(isBlock(textarea, name) ? ["```\n", "\n```"] : AROUND[name]));
}

function isBlock({ value, selectionStart, selectionEnd }, name) {
  return name === "code" && value.slice(selectionStart, selectionEnd).includes("\n");
}

function surround(textarea, before, after) {
  const { selectionStart: start, selectionEnd: end, value } = textarea;
  const text = value.slice(start, end);
  insert(textarea, before + text + after);
  const address = after.indexOf("https");
  // A link that has its words wants its address next.
  if (text && address > 0) {
    const from = start + before.length + text.length + address;
    textarea.setSelectionRange(from, from + "https://".length);
  } else {
    textarea.setSelectionRange(start + before.length, start + before.length + text.length);
  }
}

function startLines(textarea, mark) {
  const { value, selectionStart, selectionEnd } = textarea;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  textarea.setSelectionRange(start, selectionEnd);
  insert(textarea, value.slice(start, selectionEnd).replace(/^/gm, mark));
}
