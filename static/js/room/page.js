/** What the server said about this page, and what this browser keeps for this person. */

export const config = JSON.parse(document.getElementById("config").textContent);
export const me = config.user;
export const urls = document.getElementById("room").dataset;

/** Where one writes, as part of names in the store: the room, or a thread of it. */
export const placeOf = (thread) => config.slug + (thread ? `:${thread}` : "");

const memory = new Map();
const key = (name) => `chatsite:${me.id}:${name}`;

/** Values by name, kept for this person only; in memory where the browser keeps nothing. */
export const store = {
  read(name, otherwise) {
    try {
      return memory.get(name) ?? JSON.parse(localStorage.getItem(key(name))) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  write(name, value) {
    try {
      if (value) localStorage.setItem(key(name), JSON.stringify(value));
      else localStorage.removeItem(key(name));
      memory.delete(name);
    } catch {
      memory.set(name, value); // private windows, full disks: for as long as the page lasts
    }
  },
};
