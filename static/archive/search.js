// Looks through what search/*.js say, the newest first, script by script as far as is needed: a
// page from a disk may load scripts, but read no other files.
const form = document.querySelector(".search");
const SHOWN = 50;

const fold = (text) => text.normalize("NFKC").toLowerCase();

const archive = {
  people: [],
  scripts: 0,
  parts: new Map(), // by number: [id, page, person, when, text, folded text]
  coming: new Map(),

  begin({ names, scripts }) {
    this.people = names;
    this.scripts = scripts;
  },

  take(number, rows) {
    for (const row of rows) row.push(fold(row[4]));
    this.parts.set(number, rows);
  },

  load(number) {
    if (!this.coming.has(number)) {
      const script = document.createElement("script");
      script.src = `search/${number}.js`;
      const came = new Promise((done, failed) => {
        script.onload = done;
        script.onerror = failed;
      });
      this.coming.set(number, came);
      document.head.append(script);
    }
    return this.coming.get(number);
  },
};

function marked(text, words) {
  const folded = fold(text);
  const at = folded.length === text.length ? folded.indexOf(words[0]) : -1;
  if (at < 0) return [text.slice(0, 200)];
  const from = Math.max(0, at - 60);
  const mark = document.createElement("mark");
  mark.textContent = text.slice(at, at + words[0].length);
  const end = at + words[0].length;
  return [(from ? "…" : "") + text.slice(from, at), mark, text.slice(end, end + 140)];
}

function line([id, page, person, when, text], words) {
  const row = document.createElement("li");
  const link = document.createElement("a");
  link.href = `${form.dataset.pages}${String(page).padStart(4, "0")}.html#m${id}`;
  const who = document.createElement("b");
  who.textContent = archive.people[person];
  const time = document.createElement("time");
  time.textContent = when;
  const said = document.createElement("span");
  said.dir = "auto";
  said.append(...marked(text, words));
  link.append(who, " ", time, said);
  row.append(link);
  return row;
}

let asked = 0;

async function* matches(words) {
  for (let number = archive.scripts; number > 0; number--) {
    await archive.load(number);
    const rows = archive.parts.get(number);
    for (let at = rows.length - 1; at >= 0; at--) {
      if (words.every((word) => rows[at][5].includes(word))) yield rows[at];
    }
  }
}

async function search() {
  const turn = ++asked;
  const words = fold(form.q.value).split(/\s+/u).filter(Boolean);
  const [state, list] = [form.querySelector(".state"), form.querySelector(".found")];
  state.textContent = "";
  list.replaceChildren();
  if (!words.length) return;
  const found = matches(words);
  const more = document.createElement("button");
  more.type = "button";
  more.textContent = form.dataset.more;
  more.onclick = show;
  async function show() {
    more.remove();
    for (let shown = 0; shown < SHOWN; shown++) {
      const { value, done } = await found.next();
      if (turn !== asked) return;
      if (done) {
        if (!list.children.length) state.textContent = form.dataset.none;
        return;
      }
      list.append(line(value, words));
    }
    list.after(more);
  }
  form.querySelector("button")?.remove();
  await show();
}

if (form) {
  let rest;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    clearTimeout(rest);
    rest = setTimeout(search, 120);
  });
  archive.load(0).then(() => {
    form.q.disabled = false;
    form.q.focus({ preventScroll: true });
  });
}
