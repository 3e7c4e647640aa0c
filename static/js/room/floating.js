/** What floats over the page beside something, and on a phone rises from its lower edge. */

const GAP = 6;
const conversation = document.getElementById("conversation") ?? document.body;

/** Open `dialog` beside `anchor`; a press beside it closes it, and the focus goes back. */
export function float(dialog, anchor) {
  if (!dialog.isConnected) {
    document.body.append(dialog);
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  }
  const { bottom, right, top } = anchor.getBoundingClientRect();
  dialog.showModal();
  const { offsetWidth: width, offsetHeight: height } = dialog;
  const below = bottom + GAP;
  const y = below + height < innerHeight ? below : Math.max(GAP, top - GAP - height);
  const left = conversation.getBoundingClientRect().left + GAP; // what is beside it stays to be seen
  const x = Math.min(Math.max(left, right - width), innerWidth - width - GAP);
  dialog.style.setProperty("--x", `${Math.max(GAP, x)}px`);
  dialog.style.setProperty("--y", `${Math.max(GAP, Math.min(y, innerHeight - height - GAP))}px`);
}

/** The same with a copy, which is gone when it is closed; its `.cancels` closes it. */
export function floatOnce(dialog, anchor) {
  for (const button of dialog.querySelectorAll(".cancels")) button.onclick = () => dialog.close();
  dialog.onclose = () => dialog.remove();
  float(dialog, anchor);
}
