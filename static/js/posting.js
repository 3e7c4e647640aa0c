/** Asking the server for something by a form, without leaving the page. */

/** Of the forms of this page: by it the server knows what a page of its own asks for. */
export const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

/** What the site said against it; without words where there was no answer, or none for people. */
export class Refused extends Error {}

/** Send `fields` to `url`, with the token of the form that every page has. Throws Refused. */
export async function post(url, fields) {
  const body = new FormData(document.getElementById("choices"));
  for (const [name, value] of Object.entries(fields)) body.set(name, value ?? "");
  const answer = await fetch(url, { method: "POST", body }).catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status === 400 ? await answer.text() : "");
}
