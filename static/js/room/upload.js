/** One file on its way to the server. */

import { Teller } from "./dom.js";
import { config } from "./page.js";
import { say } from "./words.js";
import { token } from "../posting.js";

const [KB, MB] = [1000, 1_000_000];

/** As the server says sizes. */
export function readable(size) {
  if (size < KB) return `${size} B`;
  if (size < MB) return `${Math.round(size / KB)} KB`;
  return `${size < 10 * MB ? Math.round(size / 100_000) / 10 : Math.round(size / MB)} MB`;
}

/** Tells "changed". `state`: waiting, sending, done (then `about` is the server's) or failed. */
export class Upload extends Teller {
  state = "waiting";
  progress = 0;
  error = "";
  /** Whether it may succeed another time: not where the site has refused the file itself. */
  canRetry = false;
  #request = null;

  constructor(file, about = null) {
    super();
    Object.assign(this, { file, about, name: about?.name ?? file.name });
    if (about) this.state = "done";
    else if (file.size > config.limits.file) this.#refuse(file.size);
  }

  start(url) {
    const form = new FormData();
    form.append("file", this.file, this.name);
    if (this.file.waveform) form.append("waveform", this.file.waveform);
    const request = (this.#request = new XMLHttpRequest());
    request.upload.onprogress = ({ loaded, total }) => this.#become("sending", loaded / total);
    request.onload = () => this.#answered(request);
    request.onerror = request.ontimeout = () => this.#fail(say("upload_failed"), true);
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", token());
    request.send(form);
    this.#become("sending", 0);
  }

  cancel() {
    this.#request?.abort();
  }

  #answered({ status, responseText }) {
    let answer = {};
    try {
      answer = JSON.parse(responseText);
    } catch {
      // A page of a proxy, or of the sign-in.
    }
    if (status === 201) {
      this.about = answer;
      this.#become("done", 1);
    } else if (status === 413 && !answer.message) this.#refuse(this.file.size);
    else this.#fail(answer.message ?? say("not_now"), status !== 400);
  }

  #refuse(size) {
    this.#fail(say("file_too_large", { size: readable(size), limit: readable(config.limits.file) }));
  }

  #fail(error, canRetry = false) {
    Object.assign(this, { error, canRetry });
    this.#become("failed", 0);
  }

  #become(state, progress) {
    Object.assign(this, { state, progress });
    this.tell("changed");
  }
}
