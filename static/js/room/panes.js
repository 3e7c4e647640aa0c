/** Rooms and people, where there is no space for them, as panes that slide in. */

import { $, $$ } from "./dom.js";

export function enablePanes(root) {
  let opener = null;

  const close = () => {
    if (!opener) return;
    delete root.dataset.pane;
    opener.ariaExpanded = "false";
    opener.focus({ focusVisible: false });
    opener = null;
  };
  const open = (button) => {
    const pane = document.getElementById(button.dataset.opens);
    root.dataset.pane = pane.id;
    opener = button;
    button.ariaExpanded = "true";
    ($("[aria-current], a, button", pane) ?? pane).focus({ focusVisible: false });
  };
  for (const button of $$("[data-opens]", root)) button.onclick = () => open(button);
  for (const button of $$("[data-closes]", root)) button.onclick = close;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  });
}

/** Keep the page as high as what the keyboard leaves of the screen. */
export function fitKeyboard(root) {
  visualViewport.addEventListener("resize", ({ target: view }) => {
    if (view.scale > 1.01) return; // zoomed in: the page is larger than the view on purpose
    root.style.setProperty("--view", `${view.height}px`);
    scrollTo(0, 0);
  });
}
