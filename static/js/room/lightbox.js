/** A picture in full: the arrows go through all pictures of the page, Escape goes back. */

import { $, $$, copyOf } from "./dom.js";
import { say } from "./words.js";

let dialog;
let pictures;
let at;

export function show(link) {
  dialog ??= build();
  pictures = $$("a.picture", link.closest(".log"));
  dialog.showModal();
  turnTo(pictures.indexOf(link));
}

function build() {
  const made = copyOf("lightbox");
  document.body.append(made);
  made.addEventListener("keydown", ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step) turn(step);
  });
  made.addEventListener("click", ({ target }) => {
    const step = target.closest("[data-step]")?.dataset.step;
    if (step) turn(Number(step));
    else if (target.closest("[data-close]") || !target.closest("a, button, img")) made.close();
  });
  made.onclose = () => {
    const link = pictures[at];
    $("img", made).removeAttribute("src");
    link?.scrollIntoView({ block: "nearest" });
    link?.focus({ preventScroll: true });
  };
  swipe(made);
  return made;
}

const turn = (step) => turnTo(at + step);

function turnTo(index) {
  if (!pictures[index]) return;
  at = index;
  const { href, dataset } = pictures[at];
  const image = $("img", dialog);
  // What is small already is there at once, while the whole comes.
  image.width = dataset.width;
  image.height = dataset.height;
  image.alt = dataset.name;
  image.src = href;
  $(".name", dialog).textContent = dataset.name;
  $(".number", dialog).textContent = say("of", { n: at + 1, all: pictures.length });
  $("a", dialog).href = `${href}?download`;
  for (const button of $$("[data-step]", dialog)) {
    button.disabled = !pictures[at + Number(button.dataset.step)];
  }
  for (const near of [at - 1, at + 1]) if (pictures[near]) new Image().src = pictures[near].href;
}

function swipe(element) {
  let start = 0;
  element.addEventListener("touchstart", ({ touches }) => (start = touches[0].clientX), { passive: true });
  element.addEventListener("touchend", ({ changedTouches }) => {
    const way = changedTouches[0].clientX - start;
    if (Math.abs(way) > 60) turn(way < 0 ? 1 : -1);
  });
}
