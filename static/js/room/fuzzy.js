/** Whether what was typed may mean a name, in any script; and how well. */

/** Without case, width and marks: "wojcik" finds "Wójcik". */
export const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** How far `words` are from `name`: 0 for the name itself, Infinity when it cannot be meant. */
export function distance(words, name) {
  const [wanted, found] = [plain(words).trim(), plain(name)];
  const at = found.indexOf(wanted);
  if (at === 0) return (found.length - wanted.length) / 1000;
  if (at > 0) return (/[\p{L}\p{N}]/u.test(found[at - 1]) ? 2 : 1) + at / 1000;
  // Else its letters in their order, such as "rlpl" for "release plan"; the closer, the better.
  let [last, gaps] = [-1, 0];
  for (const letter of wanted.replaceAll(" ", "")) {
    const next = found.indexOf(letter, last + 1);
    if (next < 0) return Infinity;
    gaps += next - last - 1;
    last = next;
  }
  return 3 + gaps / 1000;
}

/** Whether a word of one of the `names` begins with `words`, or they stand in it. */
export const fits = (words, names) => names.some((name) => distance(words, name) < 3);
