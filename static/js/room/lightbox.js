/** A picture in full: the arrows go through all pictures of the page, Escape goes back. */

import { $, $$, copyOf } from "./dom.js";
import { config } from "./page.js";
import { say } from "./words.js";

let dialog;
let log;
let href;

export function show(link) {
  dialog ??= build();
  log = link.closest(".log");
  dialog.showModal();
  turnTo(link);
}

// Looked for anew each time: a message that changes meanwhile is another element.
const pictures = () => $$("a.picture", log);
const shown = () => pictures().find((link) => link.href === href);
const beside = (step) => {
  const all = pictures();
  return all[all.indexOf(shown()) + step];
};

function build() {
  const made = copyOf("lightbox");
  document.body.append(made);
  made.addEventListener("keydown", ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step) turn(step);
  });
  $(".describe", made).onclick = describe;
  made.addEventListener("click", ({ target }) => {
    const step = target.closest("[data-step]")?.dataset.step;
    if (step) turn(Number(step));
    else if (target.closest("[data-close]") || !target.closest("a, button, img")) made.close();
  });
  made.onclose = () => {
    const link = shown();
    $("img", made).removeAttribute("src");
    link?.scrollIntoView({ block: "nearest" });
    link?.focus({ preventScroll: true });
  };
  swipe(made);
  return made;
}

const turn = (step) => turnTo(beside(step));

function turnTo(link) {
  if (!link) return;
  const { dataset } = link;
  const { alt } = $("img", link);
  const all = pictures();
  href = link.href;
  const image = $("img", dialog);
  // What is small already is there at once, while the whole comes.
  image.width = dataset.width;
  image.height = dataset.height;
  image.src = href;
  tell(dataset.name, alt);
  $(".number", dialog).textContent = say("of", { n: all.indexOf(link) + 1, all: all.length });
  $("a", dialog).href = `${href}?download`;
  for (const button of $$("[data-step]", dialog)) {
    const near = beside(Number(button.dataset.step));
    button.disabled = !near;
    if (near) new Image().src = near.href;
  }
  const row = link.closest(".message");
  const isMine = row.matches(".mine") && !$(".forwarded", row);
  $(".describe", dialog).hidden = !isMine || !config.can_write;
}

/** What it is called, and what was said of it, if that is something else. */
function tell(name, alt) {
  $("img", dialog).alt = alt;
  $(".name", dialog).textContent = name;
  $("figcaption", dialog).textContent = alt === name ? "" : alt;
}

async function describe() {
  const link = shown();
  const description = $("figcaption", dialog).textContent;
  const thumbnail = $("img", link).src;
  const { describe } = await import("./describe.js");
  describe($(".describe", dialog), { url: link.href, thumbnail, description }, (about) => {
    tell(about.name, about.description ?? about.name);
  });
}

function swipe(element) {
  let start = 0;
  element.addEventListener("touchstart", ({ touches }) => (start = touches[0].clientX), { passive: true });
  element.addEventListener("touchend", ({ changedTouches }) => {
    const way = changedTouches[0].clientX - start;
    if (Math.abs(way) > 60) turn(way < 0 ? 1 : -1);
  });
}
