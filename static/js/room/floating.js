/** What floats over the page beside something, and on a phone rises from its lower edge. */

const GAP = 6;

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
  dialog.style.setProperty("--x", `${Math.max(GAP, right - width)}px`);
  dialog.style.setProperty("--y", `${Math.max(GAP, Math.min(y, innerHeight - height - GAP))}px`);
}
