/** Short ways to the document. Text goes in as text; markup comes only from the server. */

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** make("p", {className: "event"}, "text", node) */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A fresh copy of what is in <template id="...">. */
export function copyOf(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** The elements of HTML that the server rendered and cleaned: never of anything else. */
export function fromServer(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.children];
}

/** The id of the message of `row`; NaN of none. */
export const idOf = (row) => Number(row?.dataset.id);

/** What `url` answers. Throws where it refuses, and where there is no answer. */
export async function fetched(url, options) {
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer;
}

/** Whether a press on a link opens it in another tab or window, as one likes it there. */
export const opensElsewhere = ({ ctrlKey, metaKey, shiftKey }) => ctrlKey || metaKey || shiftKey;

/** `act`, once `wait` ms have passed without another call. */
export function debounced(act, wait) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(act, wait, ...args);
  };
}

/** Something that says what happens: `on` to hear it, `tell` to say it. */
export class Teller extends EventTarget {
  /** Until `signal`, if there is one. */
  on(type, act, signal) {
    this.addEventListener(type, ({ detail }) => act(detail), { signal });
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
