/** How the files of a message look while it waits in the outbox; soon the server's own row comes. */

import { $, make } from "./dom.js";

export function sketch(row, files) {
  const box = make("div", { className: "files" });
  const pictures = files.filter(({ kind }) => kind === "picture");
  if (pictures.length) {
    const album = make("div", { className: "album" }, ...pictures.map(picture));
    album.dataset.count = pictures.length;
    box.append(album);
  }
  for (const { kind, name } of files) {
    if (kind === "picture") continue;
    const card = make("span", { className: "file-card" }, make("bdi", { className: "name" }, name));
    box.append(card);
  }
  $(".body", row).after(box);
}

/** In the same box as chat/templatetags/files.py has it. */
function picture({ url, thumbnail, width, height, name, description: alt = name }) {
  const scale = Math.min(1, 480 / width, 360 / height);
  const sides = { width: Math.round(width * scale), height: Math.round(height * scale) };
  return make("span", { className: "picture" }, make("img", { src: thumbnail ?? url, alt, ...sides }));
}
