/** Put `text` on the clipboard. */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // A site reached over plain HTTP by its address in the local network has no clipboard API.
  const field = Object.assign(document.createElement("textarea"), { value: text });
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
