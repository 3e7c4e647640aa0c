import { copy } from "./clipboard.js";

/** `<button data-copy="text" data-copied="Copied">` puts the text on the clipboard and says so. */
export function copyOnPress() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await copy(button.dataset.copy);
    sayCopied(button);
  });
  // Without JavaScript the text is there to select; the button would do nothing.
  for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

function sayCopied(button) {
  const label = button.querySelector("[data-label]") ?? button;
  label.dataset.before ??= label.textContent;
  label.textContent = button.dataset.copied;
  clearTimeout(label.timer);
  label.timer = setTimeout(() => (label.textContent = label.dataset.before), 2000);
}
