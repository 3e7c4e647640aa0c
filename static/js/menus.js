/** A `<details class="menu">` closes when one presses elsewhere, presses Escape or tabs away. */
export function closeMenusOutside() {
  const openMenus = () => document.querySelectorAll("details.menu[open]");

  const closeUnlessInside = (event) => {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  };
  document.addEventListener("pointerdown", closeUnlessInside);
  document.addEventListener("focusin", closeUnlessInside);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
