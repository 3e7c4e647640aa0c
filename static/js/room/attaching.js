/** The ways by which files get into a message, and what is done with those that are in one. */

import { $, opensElsewhere } from "./dom.js";
import { config } from "./page.js";
import { Tray } from "./tray.js";

/** Let files be chosen, pasted, dropped and spoken, and those of messages be looked at and heard. */
export function enableFiles({ composer, pane, socket, signal }) {
  const { form, textarea } = composer;
  const tray = new Tray(composer, socket, signal);
  const take = (files) => files.length && tray.add([...files]);
  form.classList.add("takes-files");
  const input = $("[type=file]", form);
  $(".attach", form).onclick = () => input.click();
  input.onchange = () => (take(input.files), (input.value = ""));
  textarea.addEventListener("paste", (event) => {
    const { files, types } = event.clipboardData;
    // A table of a spreadsheet comes as a picture too; its text is what is meant.
    if (!files.length || (types.includes("text/plain") && types.includes("text/html"))) return;
    event.preventDefault();
    take(files);
  });
  const side = pane.closest(".side");
  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    const move = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (event.target.closest(".side") !== side) return; // another conversation takes them
      const isOver = type === "dragover" || type === "dragenter";
      pane.classList.toggle("dropping", isOver && config.can_write);
      if (type === "drop" && config.can_write) take(event.dataTransfer.files);
    };
    document.addEventListener(type, move, { signal });
  }
  if (navigator.mediaDevices && window.MediaRecorder) {
    form.classList.add("speaks");
    $(".mic", form).addEventListener("pointerdown", async (event) => {
      (await import("./recorder.js")).press(event, form, take);
    });
    $(".mic", form).addEventListener("click", async (event) => {
      if (!event.detail) (await import("./recorder.js")).toggle(form, take); // by the keyboard
    });
  }
  const log = $(".log", pane);
  log.addEventListener("click", async (event) => {
    if (opensElsewhere(event)) return;
    const picture = event.target.closest("a.picture");
    const voice = event.target.closest(".voice");
    if (picture) {
      event.preventDefault();
      (await import("./lightbox.js")).show(picture);
    } else if (voice && event.target.closest(".play, .speed")) {
      (await import("./voice.js")).press(voice, event.target);
    }
  });
  log.addEventListener("input", async ({ target }) => {
    if (target.matches(".seek")) (await import("./voice.js")).seek(target);
  });
}
