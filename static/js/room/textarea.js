/** What every place to write in needs: to grow, to know an input method, to insert text. */

/** Whether a key belongs to an input method: Safari ends a composition before its Enter (229). */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

export const isTouch = matchMedia("(pointer: coarse) and (hover: none)");

/** Whether this Enter means "done": not in a composition, nor on a keyboard of glass. */
export function isDone(event) {
  return event.key === "Enter" && !event.shiftKey && !isComposing(event) && !isTouch.matches;
}

/** Fit the height to the text; the style sheet sets the limits. */
export function grow(textarea) {
  textarea.style.blockSize = "auto";
  textarea.style.blockSize = `${textarea.scrollHeight}px`;
}

/** Put `text` in place of the selection, in a way that undo takes back. */
export function insert(textarea, text) {
  textarea.focus();
  if (document.execCommand("insertText", false, text)) return;
  textarea.setRangeText(text, textarea.selectionStart, textarea.selectionEnd, "end");
  textarea.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The length as the server counts it: in characters, not in halves of them. */
export function lengthOf(text) {
  return [...text].length;
}
