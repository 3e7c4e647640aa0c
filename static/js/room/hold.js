/** A finger that rests on something: where nothing can be pointed at, the way to its menu. */

const LONG = 450; // ms
const STILL = 10; // pixels that a resting finger may move
const OWN = "a, textarea, input, video, audio"; // which have a menu of the browser's

/** Call `act` with what a finger rests on in `box`. */
export function onHold(box, act) {
  let timer = 0;
  let start;

  const held = (target) => {
    // The finger that lets go presses nothing.
    const swallow = (event) => (event.preventDefault(), event.stopPropagation());
    addEventListener("click", swallow, { capture: true });
    const release = () => setTimeout(() => removeEventListener("click", swallow, true), 50);
    addEventListener("pointerup", release, { once: true });
    addEventListener("pointercancel", release, { once: true });
    act(target);
  };
  box.addEventListener("pointerdown", (event) => {
    clearTimeout(timer);
    if (event.pointerType !== "touch" || !event.isPrimary || event.target.closest(OWN)) return;
    start = event;
    timer = setTimeout(held, LONG, event.target);
  });
  box.addEventListener("pointermove", ({ clientX, clientY }) => {
    const moved = start && Math.hypot(clientX - start.clientX, clientY - start.clientY);
    if (moved > STILL) clearTimeout(timer);
  });
  for (const type of ["pointerup", "pointercancel"]) {
    box.addEventListener(type, () => clearTimeout(timer));
  }
  box.addEventListener("contextmenu", (event) => {
    if (event.pointerType === "touch" && !event.target.closest(OWN)) event.preventDefault();
  });
}
